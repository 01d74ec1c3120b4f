/**
 * The Executions port in memory: one interpreter of the machine's own definition.
 *
 * The subset of the States Language: Task by the function's ARN and by `lambda:invoke.waitForTaskToken`,
 * Map inline, one Task an item; Choice (StringEquals, BooleanEquals, IsNull; Default), Pass (Result), Succeed, Fail (ErrorPath,
 * CausePath); Parameters with `.$` paths, also `$$.Task.Token` and `$$.Execution.*`; ResultSelector,
 * ResultPath, Retry, Catch, TimeoutSeconds, TimeoutSecondsPath. Anything else is refused when the
 * definition is read. Time passes only by the given clock: `elapse()` ends what is overdue, and the
 * pause before a retry isn't waited for.
 */
import type { Executions, ExecutionStatus, StateVisit } from '#domain/ports/executions.ts';
import { fill, holds, lookUp, place, read } from './asl/data.ts';
import {
  Definition,
  type ItemTask,
  Json,
  type MapState,
  type State,
  type Task,
  tasksOf,
  TOKEN_RESOURCE,
} from './asl/definition.ts';
import { fromFunction, matches, StatesError } from './asl/failure.ts';

/** Step Functions' limit for any state's input or output. */
const MAX_STATE_BYTES = 256 * 1024;

const ARN = 'arn:aws:states:us-east-1:000000000000';

/** Step Functions' own event, as the default bus carries it. */
export interface ExecutionStatusChange {
  readonly source: 'aws.states';
  readonly 'detail-type': 'Step Functions Execution Status Change';
  readonly detail: {
    readonly executionArn: string;
    readonly stateMachineArn: string;
    readonly name: string;
    readonly status: ExecutionStatus;
    readonly input: string;
    readonly error: string | null;
    readonly cause: string | null;
    readonly startDate: number;
    readonly stopDate: number | null;
  };
}

export interface MemoryExecutions extends Executions {
  /** Resolves when every execution has ended or waits for a token. Throws what `onStatusChange` threw. */
  idle(): Promise<void>;
  /** Ends the tasks and executions whose time-out the clock has passed, then waits as `idle`. */
  elapse(): Promise<void>;
}

/**
 * Runs a definition over functions.
 *
 * `functions` maps a placeholder without its `${}` (`OpenRun`) to the function's handler. A throw
 * becomes an error of the thrown error's own `name`, as in Lambda. `observe` sees the data that
 * enters each state. Throws when the definition is outside the subset or a function is missing.
 */
export function memoryExecutions(of: {
  readonly definition: unknown;
  readonly functions: Readonly<Record<string, (input: unknown) => Promise<unknown>>>;
  readonly now: () => string;
  readonly name?: string;
  readonly onStatusChange?: (event: ExecutionStatusChange) => Promise<void> | void;
  readonly observe?: (seen: { execution: string; state: string; data: Json }) => void;
}): MemoryExecutions {
  const definition = Definition.parse(of.definition);
  const machine = of.name ?? 'release-model';
  for (const [, task] of tasksOf(definition)) functionOf(task);

  const executions = new Map<string, Execution>();
  const tokens = new Map<string, Wait>();
  let issued = 0;

  // What computes now; a task that only waits for its token doesn't count.
  let active = 0;
  let sleepers: (() => void)[] = [];
  const failures: unknown[] = [];
  const began = () => {
    active += 1;
  };
  const rested = () => {
    active -= 1;
    if (active > 0) return;
    const woken = sleepers;
    sleepers = [];
    for (const wake of woken) wake();
  };

  function functionOf(task: Task | ItemTask): (input: unknown) => Promise<unknown> {
    const resource = isTokenTask(task) ? task.Parameters.FunctionName : task.Resource;
    const handler = of.functions[resource.slice(2, -1)];
    if (handler === undefined) throw new Error(`no function stands for ${resource}`);
    return handler;
  }

  async function announce(execution: Execution): Promise<void> {
    try {
      await of.onStatusChange?.({
        source: 'aws.states',
        'detail-type': 'Step Functions Execution Status Change',
        detail: {
          executionArn: `${ARN}:execution:${machine}:${execution.name}`,
          stateMachineArn: `${ARN}:stateMachine:${machine}`,
          name: execution.name,
          status: execution.status,
          input: JSON.stringify(execution.input),
          error: execution.error,
          cause: execution.cause,
          startDate: Date.parse(execution.startedAt),
          stopDate: execution.stoppedAt === null ? null : Date.parse(execution.stoppedAt),
        },
      });
    } catch (error) {
      failures.push(error);
    }
  }

  /** Ends an execution once; whatever its task still does is ignored. */
  async function end(
    execution: Execution,
    status: Exclude<ExecutionStatus, 'RUNNING'>,
    error: string | null,
    cause: string | null,
  ): Promise<void> {
    if (execution.status !== 'RUNNING') return;
    began();
    Object.assign(execution, { status, error, cause, stoppedAt: of.now() });
    const name = error ?? ENDED_BY[status];
    for (const visit of execution.visits) {
      if (visit.exitedAt !== null) continue;
      if (visit.item !== null) leave(visit, 'aborted');
      else if (status === 'ABORTED') leave(visit, 'aborted', { name: error, message: cause });
      else leave(visit, 'failed', { name, message: cause });
    }
    for (const wait of execution.waits) {
      settle(wait, { error: new StatesError('Interrupted', 'the execution ended') });
    }
    await announce(execution);
    rested();
  }

  /** Ends a visit once: an item that its Map ended under stays as it was ended. */
  function leave(visit: Visit, status: 'success' | 'failed' | 'aborted', error?: Named): void {
    if (visit.exitedAt !== null) return;
    visit.status = status;
    visit.exitedAt = of.now();
    visit.error = error?.name ?? null;
    visit.cause = error?.message ?? null;
  }

  function enter(
    execution: Execution,
    state: string,
    type: string,
    data: Json,
    item: number | null = null,
  ): Visit {
    const visit: Visit = {
      state,
      type,
      status: 'running',
      enteredAt: of.now(),
      exitedAt: null,
      error: null,
      cause: null,
      item,
    };
    execution.visits.push(visit);
    of.observe?.({ execution: execution.name, state, data });
    return visit;
  }

  function contextOf(
    execution: Execution,
    state: string,
    retries: number,
    token: string,
  ): Readonly<Record<string, Json>> {
    return {
      Execution: {
        Id: `${ARN}:execution:${machine}:${execution.name}`,
        Name: execution.name,
        Input: execution.input,
        StartTime: execution.startedAt,
      },
      State: { Name: state, EnteredTime: of.now(), RetryCount: retries },
      StateMachine: { Id: `${ARN}:stateMachine:${machine}`, Name: machine },
      Task: { Token: token },
    };
  }

  /** One attempt of a task: its result, or a throw of StatesError. */
  async function attempt(
    execution: Execution,
    visit: Visit,
    task: Task | ItemTask,
    data: Json,
    retries: number,
  ): Promise<Json> {
    issued += 1;
    const token = `${execution.name}/${visit.state}/${issued}`;
    const context = contextOf(execution, visit.state, retries, token);
    const waits = isTokenTask(task);
    const payload = fill(waits ? task.Parameters.Payload : task.Parameters, data, context);
    const seconds =
      task.TimeoutSecondsPath === undefined
        ? task.TimeoutSeconds
        : Number(read(task.TimeoutSecondsPath, data, context));
    const wait = new Wait(
      seconds === undefined ? Number.POSITIVE_INFINITY : Date.parse(of.now()) + seconds * 1000,
    );
    execution.waits.add(wait);
    if (waits) tokens.set(token, wait);
    visit.status = 'running';
    const called = functionOf(task)(JSON.parse(JSON.stringify(payload))).then(
      (output) => {
        if (!waits) wait.settle({ output: asJson(output) });
      },
      (error: unknown) => wait.settle({ error: fromFunction(error) }),
    );
    try {
      await Promise.race([called, wait.outcome]);
      if (!wait.settled) {
        // The function has returned and kept the token: nothing computes until somebody answers.
        visit.status = 'waiting';
        wait.parked = true;
        rested();
      }
      const outcome = await wait.outcome;
      if ('error' in outcome) throw outcome.error;
      return outcome.output;
    } finally {
      tokens.delete(token);
      execution.waits.delete(wait);
    }
  }

  /** A task with its retries: its result, or a throw of StatesError. */
  async function retried(
    execution: Execution,
    visit: Visit,
    task: Task | ItemTask,
    data: Json,
  ): Promise<Json> {
    const used = task.Retry.map(() => 0);
    for (let retries = 0; ; retries += 1) {
      try {
        const result = await attempt(execution, visit, task, data, retries);
        if (task.ResultSelector === undefined) return result;
        return fill(task.ResultSelector, result, contextOf(execution, visit.state, retries, ''));
      } catch (thrown) {
        const isOver = execution.status !== 'RUNNING' || visit.exitedAt !== null;
        if (!(thrown instanceof StatesError) || isOver) throw thrown;
        const retrier = task.Retry.findIndex((r) => matches(r.ErrorEquals, thrown.name));
        const attempts = used[retrier] ?? 0;
        if (!(attempts < (task.Retry[retrier]?.MaxAttempts ?? 0))) throw thrown;
        used[retrier] = attempts + 1;
      }
    }
  }

  /**
   * Every item by its Task, at most MaxConcurrency at once. After a failure none is begun, and the Map
   * doesn't wait for those that still run.
   */
  async function mapped(
    execution: Execution,
    visit: Visit,
    map: MapState,
    data: Json,
  ): Promise<Json> {
    const context = contextOf(execution, visit.state, 0, '');
    const items = read(map.ItemsPath, data, context);
    if (!Array.isArray(items)) {
      throw new StatesError('States.Runtime', `there is no list at ${map.ItemsPath}`);
    }
    const { StartAt, States } = map.ItemProcessor;
    const task = States[StartAt];
    if (task === undefined) throw new StatesError('States.Runtime', `no state ${StartAt}`);
    const results: Json[] = [];
    const begun: Visit[] = [];
    const seen = { failure: false };
    const waiting = items.map((value: Json, index) => ({ index, value })).values();
    const work = async (): Promise<void> => {
      for (const item of waiting) {
        if (seen.failure || execution.status !== 'RUNNING') return;
        const Item = { Index: item.index, Value: item.value };
        const input = fill(map.ItemSelector, data, { ...context, Map: { Item } });
        const one = enter(execution, StartAt, 'Task', bounded(input), item.index);
        begun.push(one);
        try {
          results[item.index] = await retried(execution, one, task, input);
          leave(one, 'success');
        } catch (thrown) {
          seen.failure = true;
          leave(one, 'failed', fromFunction(thrown));
          throw thrown;
        }
      }
    };
    try {
      await Promise.all(Array.from({ length: map.MaxConcurrency }, work));
    } catch (thrown) {
      for (const one of begun) leave(one, 'aborted');
      throw thrown;
    }
    return results;
  }

  /** The state's result in its place, or the route that its Catch takes. */
  async function caught(
    execution: Execution,
    visit: Visit,
    state: Task | MapState,
    data: Json,
  ): Promise<{ readonly next: string; readonly data: Json }> {
    try {
      const result =
        state.Type === 'Task'
          ? await retried(execution, visit, state, data)
          : await mapped(execution, visit, state, data);
      leave(visit, 'success');
      return { next: state.Next, data: bounded(place(state.ResultPath, data, result)) };
    } catch (thrown) {
      if (!(thrown instanceof StatesError) || execution.status !== 'RUNNING') throw thrown;
      const catcher = state.Catch.find((c) => matches(c.ErrorEquals, thrown.name));
      if (catcher === undefined) throw thrown;
      leave(visit, 'failed', thrown);
      const error = { Error: thrown.name, Cause: thrown.message };
      return { next: catcher.Next, data: bounded(place(catcher.ResultPath, data, error)) };
    }
  }

  async function run(execution: Execution): Promise<void> {
    let name = definition.StartAt;
    let data = execution.input;
    try {
      while (execution.status === 'RUNNING') {
        const state: State | undefined = definition.States[name];
        if (state === undefined) throw new StatesError('States.Runtime', `no state ${name}`);
        const visit = enter(execution, name, state.Type, data);
        const context = contextOf(execution, name, 0, '');
        switch (state.Type) {
          case 'Task':
          case 'Map': {
            const result = await caught(execution, visit, state, data);
            name = result.next;
            data = result.data;
            break;
          }
          case 'Choice': {
            const rule = state.Choices.find((r) => holds(r, data, context));
            const next: string | undefined = rule?.Next ?? state.Default;
            if (next === undefined) throw new StatesError('States.NoChoiceMatched', name);
            leave(visit, 'success');
            name = next;
            break;
          }
          case 'Pass':
            data = bounded(place(state.ResultPath, data, state.Result ?? data));
            leave(visit, 'success');
            name = state.Next;
            break;
          case 'Succeed':
            leave(visit, 'success');
            await end(execution, 'SUCCEEDED', null, null);
            break;
          case 'Fail': {
            const error = textOf(read(state.ErrorPath, data, context));
            const cause = textOf(lookUp(state.CausePath, data, context) ?? '');
            leave(visit, 'failed', { name: error, message: cause });
            await end(execution, 'FAILED', error, cause);
            break;
          }
        }
      }
    } catch (thrown) {
      if (!(thrown instanceof StatesError)) failures.push(thrown);
      const error = fromFunction(thrown);
      await end(execution, 'FAILED', error.name, error.message);
    }
  }

  async function idle(): Promise<void> {
    if (active > 0) await new Promise<void>((wake) => sleepers.push(wake));
    const [failure] = failures.splice(0);
    if (failure !== undefined)
      throw failure instanceof Error ? failure : new Error(JSON.stringify(failure));
  }

  function answer(token: string, outcome: Outcome): boolean {
    const wait = tokens.get(token);
    if (wait === undefined || wait.settled || wait.deadline <= Date.parse(of.now())) return false;
    settle(wait, outcome);
    return true;
  }

  function settle(wait: Wait, outcome: Outcome): void {
    if (wait.parked && !wait.settled) began();
    wait.settle(outcome);
  }

  return {
    async start(name, input) {
      if (executions.has(name)) return 'exists';
      const execution = new Execution(name, bounded(asJson(input)), of.now());
      executions.set(name, execution);
      began();
      void announce(execution)
        .then(() => run(execution))
        .finally(rested);
      return Promise.resolve('started' as const);
    },
    async stop(name, error, cause) {
      const execution = executions.get(name);
      if (execution !== undefined) await end(execution, 'ABORTED', error, cause);
    },
    succeed: (token, output) => Promise.resolve(answer(token, { output: bounded(asJson(output)) })),
    fail: (token, error, cause) =>
      Promise.resolve(answer(token, { error: new StatesError(error, cause) })),
    status: (name) => Promise.resolve(executions.get(name)?.status),
    visits: (name) =>
      Promise.resolve((executions.get(name)?.visits ?? []).map((visit) => ({ ...visit }))),
    definition: () => Promise.resolve(JSON.stringify(of.definition)),
    idle,
    async elapse() {
      const now = Date.parse(of.now());
      for (const execution of executions.values()) {
        const deadline = Date.parse(execution.startedAt) + definition.TimeoutSeconds * 1000;
        if (deadline <= now) await end(execution, 'TIMED_OUT', null, null);
        for (const wait of execution.waits) {
          if (wait.deadline > now) continue;
          settle(wait, { error: new StatesError('States.Timeout', '') });
        }
      }
      await idle();
    },
  };
}

/** What an open state exits with when its execution ends under it without an error of its own. */
const ENDED_BY = {
  SUCCEEDED: null,
  FAILED: 'States.Runtime',
  TIMED_OUT: 'States.Timeout',
  ABORTED: 'States.Aborted',
} as const;

type TokenTask = Extract<Task, { Resource: typeof TOKEN_RESOURCE }>;

function isTokenTask(task: Task | ItemTask): task is TokenTask {
  return task.Resource === TOKEN_RESOURCE;
}

/** What crosses a service is JSON: undefined becomes null, a Date its text. */
function asJson(value: unknown): Json {
  return Json.parse(JSON.parse(JSON.stringify(value ?? null)));
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function bounded(data: Json): Json {
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes > MAX_STATE_BYTES) {
    throw new StatesError('States.DataLimitExceeded', `${bytes} bytes of state`);
  }
  return data;
}

/** An error as a visit shows it; an Error is one. */
interface Named {
  readonly name: string | null;
  readonly message: string | null;
}
type Visit = { -readonly [K in keyof StateVisit]: StateVisit[K] };
type Outcome = { readonly output: Json } | { readonly error: StatesError };

/** A task attempt that somebody settles once: the function, an answer to its token, or time. */
class Wait {
  readonly deadline: number;
  readonly outcome: Promise<Outcome>;
  settled = false;
  parked = false;
  readonly #resolve: (outcome: Outcome) => void;

  constructor(deadline: number) {
    this.deadline = deadline;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  settle(outcome: Outcome): void {
    this.settled = true;
    this.#resolve(outcome);
  }
}

class Execution {
  readonly name: string;
  readonly input: Json;
  readonly startedAt: string;
  readonly visits: Visit[] = [];
  readonly waits = new Set<Wait>();
  status: ExecutionStatus = 'RUNNING';
  stoppedAt: string | null = null;
  error: string | null = null;
  cause: string | null = null;

  constructor(name: string, input: Json, startedAt: string) {
    this.name = name;
    this.input = input;
    this.startedAt = startedAt;
  }
}
