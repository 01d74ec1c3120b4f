/** Starts one execution a stored commit, however often its event comes. */
import { envelopeOf, MAX_EVENT_BYTES } from '#contracts/events.ts';
import type { ExecutionInput } from '#contracts/steps.ts';
import { isNamed, TitleholderError } from '#domain/errors.ts';
import { runIdOf } from '#domain/run-id.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { DeadLetters } from '#domain/ports/dead-letters.ts';
import type { Executions } from '#domain/ports/executions.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { Run } from '#domain/run.ts';
import { executionName } from '#domain/run-id.ts';
import { isOpen } from '#domain/run.ts';
import type { Log } from '#domain/ports/log.ts';
import { parseJson } from '#contracts/parse.ts';
import type { BatchAnswer } from '#edge/queue.ts';
import { eachMessage } from '#edge/queue.ts';

export interface StartRunDeps {
  readonly commits: Pick<CommitStore, 'get'>;
  readonly runs: Pick<RunStore, 'create' | 'get'>;
  readonly executions: Pick<Executions, 'start' | 'status'>;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly log: Log;
}

/** As its rule puts it into the queue. */
const Envelope = envelopeOf('CommitPushed');

/**
 * Takes a batch of the commit queue. What can't ever become a run goes to the dead-letter queue with
 * its reason; what failed for want of a service is given back to the queue.
 */
export const startRun =
  (deps: StartRunDeps) =>
  (event: unknown): Promise<BatchAnswer> =>
    eachMessage(event, deps.log, async (body) => {
      try {
        await startOne(deps, body);
      } catch (error) {
        if (!isNamed(error, 'BadInput', 'CommitUnknown')) throw error;
        await deps.deadLetters.send(body, `${error.name}: ${error.message}`);
        deps.log('dead letter', { level: 'warn', reason: error.message });
      }
    });

async function startOne(deps: StartRunDeps, body: string): Promise<void> {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_EVENT_BYTES) {
    throw new TitleholderError(
      'BadInput',
      `the event has ${bytes} bytes; at most ${MAX_EVENT_BYTES} are taken`,
    );
  }
  const { detail } = parseJson(Envelope, body, 'the event');
  const runId = runIdOf(detail);
  const stored = await deps.commits.get(runId);
  if (stored === undefined) {
    throw new TitleholderError('CommitUnknown', `no commit is stored for ${runId}`);
  }
  // The id is a short hash of these five; the item is the truth about them and about the people.
  for (const field of ['model', 'commit', 'bundle', 'data', 'cause'] as const) {
    if (stored[field] !== detail[field]) {
      throw new TitleholderError('BadInput', `the event's ${field} is not the stored commit's`);
    }
  }
  const now = deps.clock.now();
  const run: Run = {
    schemaVersion: 1,
    runId,
    model: stored.model,
    commit: stored.commit,
    branch: stored.branch,
    cause: stored.cause,
    submitter: stored.submitter,
    status: 'running',
    attempt: 1,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  if ((await deps.runs.create(run)) === 'exists' && !(await neverStarted(deps, runId))) {
    deps.log(`duplicate of ${runId}`, { runId });
    return;
  }
  const input: ExecutionInput = { schemaVersion: 1, runId, model: stored.model, attempt: 1 };
  const started = await deps.executions.start(executionName(runId, 1), input);
  const message = started === 'started' ? 'started' : `duplicate of ${runId}`;
  deps.log(message, { runId });
}

/** A run that was created and then lost its function before the execution began. */
async function neverStarted(deps: StartRunDeps, runId: string): Promise<boolean> {
  const run = await deps.runs.get(runId);
  if (run === undefined || run.attempt !== 1 || !isOpen(run.status)) return false;
  return (await deps.executions.status(executionName(runId, 1))) === undefined;
}
