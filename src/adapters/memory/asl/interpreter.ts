/** Runs an execution from its first state to its last. */
import { holds, lookUp, place, read } from './data.ts';
import type { ChoiceState, Json, MapState, State, Task } from './definition.ts';
import type { Execution, Visit } from './execution.ts';
import { fromFunction, matches, StatesError } from './failure.ts';
import { bounded, contextOf, type StateMachine } from './state-machine.ts';
import { enter, runMap, runTask } from './task.ts';

/** Where an execution goes next, and with what. */
interface Route {
  readonly next: string;
  readonly data: Json;
}

/** Resolves when the execution has ended; an error that no state catches ends it as a failure. */
export async function interpret(machine: StateMachine, execution: Execution): Promise<void> {
  try {
    let route: Route | undefined = { next: machine.definition.StartAt, data: execution.input };
    while (route !== undefined && execution.status === 'RUNNING') {
      route = await visited(machine, execution, route);
    }
  } catch (thrown) {
    if (!(thrown instanceof StatesError)) machine.activity.failed(thrown);
    const error = fromFunction(thrown);
    await machine.end(execution, 'FAILED', error.name, error.message);
  }
}

/** One state from its entry to its exit; undefined after the last. */
async function visited(
  machine: StateMachine,
  execution: Execution,
  { next: name, data }: Route,
): Promise<Route | undefined> {
  const state: State | undefined = machine.definition.States[name];
  if (state === undefined) throw new StatesError('States.Runtime', `no state ${name}`);
  const visit = enter(machine, execution, name, state.Type, data);
  const context = contextOf(machine, execution, { state: name });
  switch (state.Type) {
    case 'Task':
    case 'Map':
      return caught(machine, execution, visit, state, data);
    case 'Choice': {
      const next = chosen(state, name, data, context);
      execution.leave(visit, 'success');
      return { next, data };
    }
    case 'Pass': {
      const result = bounded(place(state.ResultPath, data, state.Result ?? data));
      execution.leave(visit, 'success');
      return { next: state.Next, data: result };
    }
    case 'Succeed':
      execution.leave(visit, 'success');
      await machine.end(execution, 'SUCCEEDED', null, null);
      return undefined;
    case 'Fail': {
      const error = textOf(read(state.ErrorPath, data, context));
      const cause = textOf(lookUp(state.CausePath, data, context) ?? '');
      execution.leave(visit, 'failed', { name: error, message: cause });
      await machine.end(execution, 'FAILED', error, cause);
      return undefined;
    }
  }
}

/** The state's result in its place, or the route that its Catch takes. */
async function caught(
  machine: StateMachine,
  execution: Execution,
  visit: Visit,
  state: Task | MapState,
  data: Json,
): Promise<Route> {
  try {
    const result =
      state.Type === 'Task'
        ? await runTask(machine, execution, visit, state, data)
        : await runMap(machine, execution, visit, state, data);
    execution.leave(visit, 'success');
    return { next: state.Next, data: bounded(place(state.ResultPath, data, result)) };
  } catch (thrown) {
    if (!(thrown instanceof StatesError) || execution.status !== 'RUNNING') throw thrown;
    const catcher = state.Catch.find((c) => matches(c.ErrorEquals, thrown.name));
    if (catcher === undefined) throw thrown;
    execution.leave(visit, 'failed', thrown);
    const error = { Error: thrown.name, Cause: thrown.message };
    return { next: catcher.Next, data: bounded(place(catcher.ResultPath, data, error)) };
  }
}

function chosen(choice: ChoiceState, name: string, data: Json, context: Json): string {
  const next = choice.Choices.find((rule) => holds(rule, data, context))?.Next ?? choice.Default;
  if (next === undefined) throw new StatesError('States.NoChoiceMatched', name);
  return next;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
