export interface StateVisit {
  readonly state: string;
  readonly type: string;
  /** aborted: ended under it, with its execution or its Map; nothing failed in it. */
  readonly status: 'running' | 'success' | 'failed' | 'waiting' | 'aborted';
  readonly enteredAt: string;
  readonly exitedAt: string | null;
  readonly error: string | null;
  /** As the service has it: a sentence, or a Lambda's JSON. */
  readonly cause: string | null;
  /** In a Map the place of the item in its list, from 0; of the Map entered last before this visit. */
  readonly item: number | null;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface Executions {
  /** Starts once a name; `exists` when an execution of this name runs or ran. */
  start(name: string, input: unknown): Promise<'started' | 'exists'>;
  stop(name: string, error: string, cause: string): Promise<void>;
  /** False when the token was spent, is late or bogus (the services answer these differently). */
  succeed(token: string, output: unknown): Promise<boolean>;
  fail(token: string, error: string, cause: string): Promise<boolean>;
  status(name: string): Promise<ExecutionStatus | undefined>;
  /** The states entered so far, in order. */
  visits(name: string): Promise<readonly StateVisit[]>;
  /** The deployed machine's definition: Amazon States Language as JSON text. */
  definition(): Promise<string>;
}
