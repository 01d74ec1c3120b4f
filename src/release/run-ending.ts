/** How a run ended, by Step Functions' status, error and cause. */
import * as z from 'zod';
import { tryParseJson } from '#contracts/parse.ts';
import type { Run, RunStatus } from '#domain/run.ts';

export interface Ending {
  readonly status: RunStatus;
  readonly reason: string;
  /** The literal error name, of a run that failed or timed out. */
  readonly error?: string;
}

/** Step Functions' time-out, of a task or of the machine, and a question that nobody answered. */
const OUT_OF_TIME: readonly string[] = ['States.Timeout', 'Expired'];

/** A failure's name and one line. */
export function failureOf(error: string, cause: string): Ending {
  const status = OUT_OF_TIME.includes(error) ? 'timed_out' : 'failed';
  return { status, error, reason: reasonOf(cause) ?? defaultReason(error) };
}

/** Whether a person or a later commit asked for the execution's end. */
export function isStopAsked({ cancelledBy, supersededBy }: Run): boolean {
  return cancelledBy !== undefined || supersededBy !== undefined;
}

/** How a stopped execution ended: a person cancelled it, a later commit superseded it, or the run doesn't say. */
export function stopOf(run: Run, cause: string | null | undefined): Ending {
  const given = reasonOf(cause ?? '');
  if (run.cancelledBy !== undefined) {
    // The run's own record of why; the event may come without the execution's cause.
    return {
      status: 'cancelled',
      reason: run.reason ?? given ?? `cancelled by ${run.cancelledBy}`,
    };
  }
  if (run.supersededBy !== undefined) {
    return { status: 'superseded', reason: `superseded by ${run.supersededBy}` };
  }
  return { status: 'cancelled', reason: given ?? 'the execution was stopped' };
}

const LambdaFailure = z.looseObject({ errorMessage: z.string() });

/** One line of a Cause: a Lambda's Cause is JSON with `errorMessage`, the machine's own is a sentence. */
export function reasonOf(cause: string): string | undefined {
  const failure = tryParseJson(LambdaFailure, cause);
  const text = failure.ok ? failure.value.errorMessage : cause;
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return undefined;
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}

function defaultReason(error: string): string {
  return error === 'States.Timeout' ? 'no answer came in time' : `the step failed with ${error}`;
}
