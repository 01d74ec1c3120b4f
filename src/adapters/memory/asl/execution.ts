/** One execution: the states it visited, the task attempts it waits for, and how it ended. */
import type { ExecutionStatus, StateVisit } from '#domain/ports/executions.ts';
import type { Activity } from './activity.ts';
import type { Json } from './definition.ts';
import { StatesError } from './failure.ts';

export type Visit = { -readonly [K in keyof StateVisit]: StateVisit[K] };
export type TaskOutcome = { readonly output: Json } | { readonly error: StatesError };

/** An error as a visit shows it; an Error is one. */
interface VisitError {
  readonly name: string | null;
  readonly message: string | null;
}

/** The error of an open state whose execution ended without naming one. */
const ENDED_BY = {
  SUCCEEDED: null,
  FAILED: 'States.Runtime',
  TIMED_OUT: 'States.Timeout',
  ABORTED: 'States.Aborted',
} as const;

/** A task attempt that is settled once: by the function, an answer to its token, or time. */
export class Wait {
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly outcome: Promise<TaskOutcome>;
  readonly #resolve: (outcome: TaskOutcome) => void;
  readonly #activity: Activity;
  #settled = false;
  #parked = false;

  constructor(deadline: number, activity: Activity) {
    this.deadline = deadline;
    this.#activity = activity;
    const { promise, resolve } = Promise.withResolvers<TaskOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** The function has returned and kept the token: no call is at work until the token is answered. */
  park(): void {
    this.#parked = true;
    this.#activity.rested();
  }

  settle(outcome: TaskOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#parked) this.#activity.began();
    this.#resolve(outcome);
  }
}

export class Execution {
  readonly name: string;
  readonly input: Json;
  readonly startedAt: string;
  readonly visits: Visit[] = [];
  readonly waits = new Set<Wait>();
  status: ExecutionStatus = 'RUNNING';
  stoppedAt: string | null = null;
  error: string | null = null;
  cause: string | null = null;
  readonly #now: () => string;

  constructor(name: string, input: Json, now: () => string) {
    this.name = name;
    this.input = input;
    this.startedAt = now();
    this.#now = now;
  }

  enter(state: string, type: string, item: number | null = null): Visit {
    const visit: Visit = {
      state,
      type,
      status: 'running',
      enteredAt: this.#now(),
      exitedAt: null,
      error: null,
      cause: null,
      item,
    };
    this.visits.push(visit);
    return visit;
  }

  /** Ends a visit once: an item that its Map ended under stays as it was ended. */
  leave(visit: Visit, status: 'success' | 'failed' | 'aborted', error?: VisitError): void {
    if (visit.exitedAt !== null) return;
    visit.status = status;
    visit.exitedAt = this.#now();
    visit.error = error?.name ?? null;
    visit.cause = error?.message ?? null;
  }

  /** Ends it with everything that is open in it; whatever its task still does is ignored. */
  end(
    status: Exclude<ExecutionStatus, 'RUNNING'>,
    error: string | null,
    cause: string | null,
  ): void {
    Object.assign(this, { status, error, cause, stoppedAt: this.#now() });
    const name = error ?? ENDED_BY[status];
    for (const visit of this.visits) {
      if (visit.exitedAt !== null) continue;
      if (visit.item !== null) this.leave(visit, 'aborted');
      else if (status === 'ABORTED') this.leave(visit, 'aborted', { name: error, message: cause });
      else this.leave(visit, 'failed', { name, message: cause });
    }
    for (const wait of this.waits) {
      wait.settle({ error: new StatesError('Interrupted', 'the execution ended') });
    }
  }
}
