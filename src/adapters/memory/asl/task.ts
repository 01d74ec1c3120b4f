/** Tasks with their retries, and Maps of them: a result, or a throw of StatesError. */
import { fill, read } from './data.ts';
import type { ItemTask, Json, MapState, Task } from './definition.ts';
import { type Execution, type Visit, Wait } from './execution.ts';
import { fromFunction, matches, StatesError } from './failure.ts';
import { asJson, bounded, contextOf, isTokenTask, type StateMachine } from './state-machine.ts';

/** One call of a task's function. */
async function callOnce(
  machine: StateMachine,
  execution: Execution,
  visit: Visit,
  task: Task | ItemTask,
  data: Json,
  retries: number,
): Promise<Json> {
  const token = machine.newToken(`${execution.name}/${visit.state}`);
  const context = contextOf(machine, execution, { state: visit.state, retries, token });
  const waits = isTokenTask(task);
  const payload = fill(waits ? task.Parameters.Payload : task.Parameters, data, context);
  const seconds =
    task.TimeoutSecondsPath === undefined
      ? task.TimeoutSeconds
      : Number(read(task.TimeoutSecondsPath, data, context));
  const deadline =
    seconds === undefined ? Number.POSITIVE_INFINITY : Date.parse(machine.now()) + seconds * 1000;
  const wait = new Wait(deadline, machine.activity);
  execution.waits.add(wait);
  if (waits) machine.tokens.set(token, wait);
  visit.status = 'running';
  const called = machine
    .functionOf(task)(JSON.parse(JSON.stringify(payload)))
    .then(
      (output) => {
        if (!waits) wait.settle({ output: asJson(output) });
      },
      (error: unknown) => wait.settle({ error: fromFunction(error) }),
    );
  try {
    await Promise.race([called, wait.outcome]);
    if (!wait.settled) {
      visit.status = 'waiting';
      wait.park();
    }
    const outcome = await wait.outcome;
    if ('error' in outcome) throw outcome.error;
    return outcome.output;
  } finally {
    machine.tokens.delete(token);
    execution.waits.delete(wait);
  }
}

/** A task, tried again as its Retry says; the pause before a retry isn't waited for. */
export async function runTask(
  machine: StateMachine,
  execution: Execution,
  visit: Visit,
  task: Task | ItemTask,
  data: Json,
): Promise<Json> {
  const used = task.Retry.map(() => 0);
  for (let retries = 0; ; retries += 1) {
    try {
      const result = await callOnce(machine, execution, visit, task, data, retries);
      if (task.ResultSelector === undefined) return result;
      const context = contextOf(machine, execution, { state: visit.state, retries });
      return fill(task.ResultSelector, result, context);
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
export async function runMap(
  machine: StateMachine,
  execution: Execution,
  visit: Visit,
  map: MapState,
  data: Json,
): Promise<Json> {
  const context = contextOf(machine, execution, { state: visit.state });
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
      const one = enter(machine, execution, StartAt, 'Task', bounded(input), item.index);
      begun.push(one);
      try {
        results[item.index] = await runTask(machine, execution, one, task, input);
        execution.leave(one, 'success');
      } catch (thrown) {
        seen.failure = true;
        execution.leave(one, 'failed', fromFunction(thrown));
        throw thrown;
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: map.MaxConcurrency }, work));
  } catch (thrown) {
    for (const one of begun) execution.leave(one, 'aborted');
    throw thrown;
  }
  return results;
}

/** A visit of a state, shown to who observes. */
export function enter(
  machine: StateMachine,
  execution: Execution,
  state: string,
  type: string,
  data: Json,
  item: number | null = null,
): Visit {
  const visit = execution.enter(state, type, item);
  machine.observe({ execution: execution.name, state, data });
  return visit;
}
