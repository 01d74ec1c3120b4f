/** What of a run's execution people are shown as its steps. */
import * as z from 'zod';
import { jsonTextOf } from '../../contracts/json-text.ts';
import { TitleholderError } from '../../domain/errors.ts';
import type { StateVisit } from '../../domain/ports.ts';
import type { Run } from '../../domain/run.ts';
import { isOpen } from '../../domain/run.ts';

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

export interface DefinedStep {
  readonly name: string;
  readonly comment: string | null;
  /** Null where the time-out comes with the run. */
  readonly timeoutSeconds: number | null;
  /** Its token is answered by somebody else. */
  readonly waits: boolean;
}

/**
 * idle: not reached · queued: waits for its turn · awaiting_approval: waits for a person · cancelled:
 * ended with its run, by a person or a later commit; nothing failed.
 */
export type StepStatus =
  | 'idle'
  | 'queued'
  | 'running'
  | 'success'
  | 'failed'
  | 'skipped'
  | 'awaiting_approval'
  | 'cancelled';

export interface ShownStep {
  readonly name: string;
  readonly status: StepStatus;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly seconds: number | null;
  readonly error?: string;
}

/** The machine's tasks, and its maps as one step each, in the order of its definition. Throws `Unavailable` when it can't be read. */
export function definedSteps(definition: string): readonly DefinedStep[] {
  const parsed = jsonTextOf(Definition).safeParse(definition);
  if (!parsed.success) {
    throw new TitleholderError('Unavailable', "the state machine's definition can't be read");
  }
  return Object.entries(parsed.data.States)
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
  const visited = steps.map((step) => visits.findLast((v) => v.state === step.name));
  const furthest = visited.findLastIndex((v) => v !== undefined);
  const last = steps.findIndex((step) => step.name === visits.at(-1)?.state);
  return steps.map((step, i) => {
    const visit = visited[i];
    if (visit === undefined) {
      const status = !isOpen(run.status) || i < furthest ? 'skipped' : 'idle';
      return { name: step.name, status, startedAt: null, endedAt: null, seconds: null };
    }
    const { enteredAt, exitedAt } = visit;
    // What Step Functions says of a step that it stopped isn't why: a wait's end counts as a time-out.
    const stopped = i === last && visit.status === 'failed' && wasStopped(run);
    const error = stopped ? null : visit.error;
    return {
      name: step.name,
      status: stopped ? 'cancelled' : statusOf(step, visit),
      startedAt: enteredAt,
      endedAt: exitedAt,
      seconds: exitedAt === null ? null : (Date.parse(exitedAt) - Date.parse(enteredAt)) / 1000,
      ...(error !== null && { error }),
    };
  });
}

function wasStopped({ status, cancelledBy, supersededBy }: Run): boolean {
  return status === 'cancelled' || cancelledBy !== undefined || supersededBy !== undefined;
}

function statusOf(step: DefinedStep, visit: StateVisit): StepStatus {
  if (visit.status !== 'waiting') return visit.status;
  // OpenRun's token is answered by the run before it in the queue, all others by people.
  return step.name === 'OpenRun' ? 'queued' : 'awaiting_approval';
}
