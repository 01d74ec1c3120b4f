import type * as z from 'zod';
import { Closed, CloseRunInput, StatusChangeEvent } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import { parseExecutionName } from '#domain/run-id.ts';
import { isOpen, type Run } from '#domain/run.ts';
import { parse, parseJson } from '#contracts/parse.ts';
import { type BatchAnswer, eachMessage } from '#edge/queue.ts';
import { type Ending, failureOf, isStopAsked, stopOf } from '#release/run-ending.ts';
import { leaveQueue, type LockDeps } from '#release/lock-queue.ts';
import { type RunChange, updateRun } from '#release/update-run.ts';

/** A call about one attempt of a run; undefined ending: it still runs. */
interface Call {
  readonly runId: string;
  readonly attempt: number;
  readonly version?: number;
  readonly ending: (run: Run) => Ending | undefined;
}

/** Errors that LocalStack gives an execution stopped in a Map; any other error is the run's own. */
const ENDS_OF_A_STOP: readonly string[] = ['States.Runtime', 'Exception'];

/**
 * Closes a run however it ended, releases its lock and wakes the next run: the machine's last states call
 * it. The status change of the same execution comes by its queue too; both in any order, more than once.
 *
 * Throws `BadInput`, `NotFound` (no such run), `Conflict`.
 */
export const closeRun =
  (deps: LockDeps) =>
  (event: unknown): Promise<{ readonly status: string }> =>
    close(deps, callOfStep(event));

/**
 * Closes the run of every ended execution in the queue's messages, because no Catch sees a stopped execution. A
 * message that fails comes again: a lost one would keep its model locked for good.
 */
export const closeEnded =
  (deps: LockDeps) =>
  (event: unknown): Promise<BatchAnswer> =>
    eachMessage(event, deps.log, async (body) => {
      const call = callOfEnding(parseJson(StatusChangeEvent, body, 'the event'));
      if (call !== undefined) await close(deps, call);
    });

async function close(deps: LockDeps, call: Call): Promise<{ readonly status: string }> {
  const before = await deps.runs.get(call.runId);
  if (before === undefined) {
    throw new TitleholderError('NotFound', `there is no run ${call.runId} to close`);
  }
  // An execution that a later attempt replaced: run and lock are that attempt's.
  if (call.attempt < before.attempt || call.ending(before) === undefined) {
    return Closed.parse({ status: before.status });
  }
  const seen = { closedNow: false };
  const run = await updateRun(deps, call.runId, (now): RunChange | undefined => {
    const ending = call.ending(now);
    seen.closedNow = call.attempt === now.attempt && isOpen(now.status) && ending !== undefined;
    if (!seen.closedNow || ending === undefined) return undefined;
    return { ...ending, ...(call.version === undefined ? {} : { version: call.version }) };
  });
  if (run.attempt === call.attempt) await leaveQueue(deps, run.model, run.runId);
  if (seen.closedNow) {
    deps.log(`${run.runId} is ${run.status}: ${run.reason ?? ''}`, {
      runId: run.runId,
      model: run.model,
      status: run.status,
      error: run.error ?? null,
    });
  }
  return Closed.parse({ status: run.status });
}

function callOfStep(event: unknown): Call {
  const { run, outcome, reason, error, version } = parse(CloseRunInput, event, 'the step’s input');
  const ending: Ending =
    outcome === 'failed'
      ? failureOf(error?.Error ?? 'Unknown', error?.Cause ?? reason)
      : { status: outcome, reason };
  return {
    runId: run.runId,
    attempt: run.attempt,
    ending: () => ending,
    ...(version === undefined ? {} : { version }),
  };
}

/** Undefined for an execution whose name is no run's attempt: Titleholder didn't start it. */
function callOfEnding(event: z.infer<typeof StatusChangeEvent>): Call | undefined {
  const { name, status, error, cause } = event.detail;
  const execution = parseExecutionName(name);
  if (execution === undefined) return undefined;
  return {
    ...execution,
    ending: (run) => {
      switch (status) {
        case 'RUNNING':
        case 'PENDING_REDRIVE':
          return undefined;
        case 'SUCCEEDED':
          // The machine succeeds through a closing state only, which has already recorded the outcome.
          return isOpen(run.status)
            ? { status: 'failed', reason: 'the execution ended without closing the run' }
            : { status: run.status, reason: run.reason ?? '' };
        case 'FAILED':
          if (isStopAsked(run) && ENDS_OF_A_STOP.includes(error ?? '')) return stopOf(run, null);
          return failureOf(error ?? 'Unknown', cause ?? '');
        case 'TIMED_OUT':
          return failureOf('States.Timeout', cause ?? 'the execution took too long');
        case 'ABORTED':
          return stopOf(run, cause);
      }
    },
  };
}
