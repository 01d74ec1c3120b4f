/** The Executions port in memory: executions of one machine, interpreted by its own definition. */
import type { Executions, ExecutionStatus } from '#domain/ports/executions.ts';
import { Activity } from './asl/activity.ts';
import { Definition, type ItemTask, type Json, type Task, tasksOf } from './asl/definition.ts';
import { Execution, type TaskOutcome, type Wait } from './asl/execution.ts';
import { StatesError } from './asl/failure.ts';
import { interpret } from './asl/interpreter.ts';
import {
  asJson,
  bounded,
  executionArn,
  isTokenTask,
  type StateMachine,
  machineArn,
  type TaskFunction,
} from './asl/state-machine.ts';

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
 * The subset of the States Language: Task by the function's ARN and by `lambda:invoke.waitForTaskToken`,
 * Map inline, one Task an item; Choice (StringEquals, BooleanEquals, IsNull; Default), Pass (Result),
 * Succeed, Fail (ErrorPath, CausePath); Parameters with `.$` paths, also `$$.Task.Token` and
 * `$$.Execution.*`; ResultSelector, ResultPath, Retry, Catch, TimeoutSeconds, TimeoutSecondsPath.
 * Anything else is refused when the definition is read. Time passes only by the given clock: `elapse()`
 * ends what is overdue, and the pause before a retry isn't waited for.
 *
 * `functions` maps a placeholder without its `${}` (`OpenRun`) to the function's handler. A throw
 * becomes an error of the thrown error's own `name`, as in Lambda. `observe` sees the data that
 * enters each state. Throws when the definition is outside the subset or a function is missing.
 */
export function memoryExecutions(of: {
  readonly definition: unknown;
  readonly functions: Readonly<Record<string, TaskFunction>>;
  readonly now: () => string;
  readonly name?: string;
  readonly onStatusChange?: (event: ExecutionStatusChange) => Promise<void> | void;
  readonly observe?: (seen: { execution: string; state: string; data: Json }) => void;
}): MemoryExecutions {
  const activity = new Activity();
  const executions = new Map<string, Execution>();
  const tokens = new Map<string, Wait>();
  let issued = 0;

  const announce = async (execution: Execution): Promise<void> => {
    try {
      await of.onStatusChange?.(statusChangeOf(machine.name, execution));
    } catch (error) {
      activity.failed(error);
    }
  };

  const machine: StateMachine = {
    name: of.name ?? 'release-model',
    definition: Definition.parse(of.definition),
    functionOf: (task) => functionOf(of.functions, task),
    now: of.now,
    activity,
    newToken: (prefix) => `${prefix}/${++issued}`,
    tokens,
    observe: (seen) => of.observe?.(seen),
    async end(execution, status, error, cause) {
      if (execution.status !== 'RUNNING') return;
      activity.began();
      execution.end(status, error, cause);
      await announce(execution);
      activity.rested();
    },
  };
  for (const [, task] of tasksOf(machine.definition)) machine.functionOf(task);

  const answer = (token: string, outcome: TaskOutcome): boolean => {
    const wait = tokens.get(token);
    if (wait === undefined || wait.settled || wait.deadline <= Date.parse(of.now())) return false;
    wait.settle(outcome);
    return true;
  };

  return {
    async start(name, input) {
      if (executions.has(name)) return 'exists';
      const execution = new Execution(name, bounded(asJson(input)), of.now);
      executions.set(name, execution);
      activity.began();
      void announce(execution)
        .then(() => interpret(machine, execution))
        .finally(() => activity.rested());
      return Promise.resolve('started' as const);
    },
    async stop(name, error, cause) {
      const execution = executions.get(name);
      if (execution !== undefined) await machine.end(execution, 'ABORTED', error, cause);
    },
    succeed: (token, output) => Promise.resolve(answer(token, { output: bounded(asJson(output)) })),
    fail: (token, error, cause) =>
      Promise.resolve(answer(token, { error: new StatesError(error, cause) })),
    status: (name) => Promise.resolve(executions.get(name)?.status),
    visits: (name) =>
      Promise.resolve((executions.get(name)?.visits ?? []).map((visit) => ({ ...visit }))),
    definition: () => Promise.resolve(JSON.stringify(of.definition)),
    idle: () => activity.idle(),
    async elapse() {
      const now = Date.parse(of.now());
      for (const execution of executions.values()) {
        const deadline = Date.parse(execution.startedAt) + machine.definition.TimeoutSeconds * 1000;
        if (deadline <= now) await machine.end(execution, 'TIMED_OUT', null, null);
        for (const wait of execution.waits) {
          if (wait.deadline > now) continue;
          wait.settle({ error: new StatesError('States.Timeout', '') });
        }
      }
      await activity.idle();
    },
  };
}

function functionOf(
  functions: Readonly<Record<string, TaskFunction>>,
  task: Task | ItemTask,
): TaskFunction {
  const resource = isTokenTask(task) ? task.Parameters.FunctionName : task.Resource;
  const found = functions[resource.slice(2, -1)];
  if (found === undefined) throw new Error(`no function stands for ${resource}`);
  return found;
}

function statusChangeOf(machine: string, execution: Execution): ExecutionStatusChange {
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    detail: {
      executionArn: executionArn(machine, execution.name),
      stateMachineArn: machineArn(machine),
      name: execution.name,
      status: execution.status,
      input: JSON.stringify(execution.input),
      error: execution.error,
      cause: execution.cause,
      startDate: Date.parse(execution.startedAt),
      stopDate: execution.stoppedAt === null ? null : Date.parse(execution.stoppedAt),
    },
  };
}
