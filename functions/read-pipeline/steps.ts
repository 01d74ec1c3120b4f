/** What of a run's execution people are shown as its steps. */
import * as z from 'zod';
import type { StateVisit } from '#domain/ports/executions.ts';
import type { DefinedStep, ShownStep, StepStatus } from '#contracts/answers.ts';
import { parseJson } from '#contracts/parse.ts';
import type { Run } from '#domain/run.ts';
import { isOpen } from '#domain/run.ts';
import { isStopAsked, reasonOf } from '#release/run-ending.ts';

/** The part of Amazon States Language that is read here. */
const Definition = z.looseObject({
  States: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Comment: z.string().optional(),
      Resource: z.string().optional(),
      TimeoutSeconds: z.int().optional(),
    }),
  ),
});

/** The machine's tasks, and its maps as one step each, in the order of its definition. Throws `Unavailable` when it can't be read. */
export function definedSteps(definition: string): readonly DefinedStep[] {
  const { States } = parseJson(
    Definition,
    definition,
    "the state machine's definition",
    'Unavailable',
  );
  return Object.entries(States)
    .filter(([, state]) => state.Type === 'Task' || state.Type === 'Map')
    .map(([name, state]) => ({
      name,
      comment: state.Comment ?? null,
      timeoutSeconds: state.TimeoutSeconds ?? null,
      waits: state.Resource?.endsWith('.waitForTaskToken') ?? false,
    }));
}

/**
 * The steps of a run's last attempt. A step that was visited again shows its last visit; one that was
 * passed over, or that a closed run never came to, is skipped.
 */
export function shownSteps(
  steps: readonly DefinedStep[],
  visits: readonly StateVisit[],
  run: Run,
): readonly ShownStep[] {
  const names = new Set(steps.map((step) => step.name));
  const visited = steps.map((step) => visits.findLast((v) => v.state === step.name));
  const furthest = visited.findLastIndex((v) => v !== undefined);
  // A Map's items are no steps, and are entered after it.
  const last = steps.findIndex(
    (step) => step.name === visits.findLast((v) => names.has(v.state))?.state,
  );
  return steps.map((step, i) => {
    const visit = visited[i];
    if (visit === undefined) {
      const status = !isOpen(run.status) || i < furthest ? 'skipped' : 'idle';
      return { name: step.name, status, startedAt: null, endedAt: null, seconds: null };
    }
    // LocalStack may report a step that it stopped as failed or timed out: that is not the run's reason.
    const stopped = i === last && visit.status === 'failed' && wasStopped(run);
    return shownVisit(step.name, visit, stopped);
  });
}

/** A visit of a step, or of one item of a Map; `stopped`: it failed because its execution was stopped. */
export function shownVisit(name: string, visit: StateVisit, stopped: boolean): ShownStep {
  const { enteredAt, exitedAt } = visit;
  const status = visit.status === 'failed' && stopped ? 'cancelled' : statusOf(name, visit);
  const error = status === 'failed' ? visit.error : null;
  const cause = error === null ? undefined : reasonOf(visit.cause ?? '');
  return {
    name,
    status,
    startedAt: enteredAt,
    endedAt: exitedAt,
    seconds: exitedAt === null ? null : (Date.parse(exitedAt) - Date.parse(enteredAt)) / 1000,
    ...(error !== null && { error }),
    ...(cause !== undefined && { cause }),
  };
}

function wasStopped(run: Run): boolean {
  return run.status === 'cancelled' || isStopAsked(run);
}

function statusOf(name: string, { status }: StateVisit): StepStatus {
  switch (status) {
    case 'aborted':
      return 'cancelled';
    case 'waiting':
      // OpenRun's token is answered by the run before it in the queue, all others by people.
      return name === 'OpenRun' ? 'queued' : 'awaiting_approval';
    case 'running':
    case 'success':
    case 'failed':
      return status;
  }
}
