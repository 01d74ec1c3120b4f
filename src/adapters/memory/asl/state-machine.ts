/** What an interpreter runs on: a definition, functions for its Tasks, a clock. */
import type { ExecutionStatus } from '#domain/ports/executions.ts';
import type { Activity } from './activity.ts';
import { type Definition, type ItemTask, Json, type Task, TOKEN_RESOURCE } from './definition.ts';
import type { Execution, Wait } from './execution.ts';
import { StatesError } from './failure.ts';

/** Step Functions' limit for any state's input or output. */
const MAX_STATE_BYTES = 256 * 1024;

const ARN = 'arn:aws:states:us-east-1:000000000000';

export type TaskFunction = (input: unknown) => Promise<unknown>;

export interface StateMachine {
  readonly name: string;
  readonly definition: Definition;
  readonly functionOf: (task: Task | ItemTask) => TaskFunction;
  readonly now: () => string;
  readonly activity: Activity;
  /** A token that no attempt had before. */
  readonly newToken: (prefix: string) => string;
  /** Attempts that wait for their token. */
  readonly tokens: Map<string, Wait>;
  readonly observe: (seen: { execution: string; state: string; data: Json }) => void;
  /** Ends an execution that hasn't ended, and notifies its listeners. */
  readonly end: (
    execution: Execution,
    status: Exclude<ExecutionStatus, 'RUNNING'>,
    error: string | null,
    cause: string | null,
  ) => Promise<void>;
}

export function machineArn(machine: string): string {
  return `${ARN}:stateMachine:${machine}`;
}

export function executionArn(machine: string, execution: string): string {
  return `${ARN}:execution:${machine}:${execution}`;
}

/** What `$$` paths read. */
export function contextOf(
  machine: StateMachine,
  execution: Execution,
  of: { readonly state: string; readonly retries?: number; readonly token?: string },
): Readonly<Record<string, Json>> {
  return {
    Execution: {
      Id: executionArn(machine.name, execution.name),
      Name: execution.name,
      Input: execution.input,
      StartTime: execution.startedAt,
    },
    State: { Name: of.state, EnteredTime: machine.now(), RetryCount: of.retries ?? 0 },
    StateMachine: { Id: machineArn(machine.name), Name: machine.name },
    Task: { Token: of.token ?? '' },
  };
}

type TokenTask = Extract<Task, { Resource: typeof TOKEN_RESOURCE }>;

export function isTokenTask(task: Task | ItemTask): task is TokenTask {
  return task.Resource === TOKEN_RESOURCE;
}

/** What crosses a service is JSON: undefined becomes null, a Date its text. */
export function asJson(value: unknown): Json {
  return Json.parse(JSON.parse(JSON.stringify(value ?? null)));
}

/** Data that fits into a state. Throws `States.DataLimitExceeded`. */
export function bounded(data: Json): Json {
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes > MAX_STATE_BYTES) {
    throw new StatesError('States.DataLimitExceeded', `${bytes} bytes of state`);
  }
  return data;
}
