/** Follows a run until it is closed or waits for a person. */
import { isOpen } from '../../domain/run.ts';
import type { DecidedAnswer, StatusAnswer, StepAnswer } from './answers.ts';
import { Refused, type ApiClient } from './client.ts';

/** A commit's event goes over a bus and a queue before there is a run of it. */
const APPEAR_SECONDS = 30;
/** Steps that were not entered have nothing to tell. */
export const QUIET: readonly string[] = ['idle', 'skipped'];

/**
 * Polls a run, telling each step as it changes, until the run is closed or a person is asked.
 *
 * @param of.told keeps what was told, so that a later watch of the same run doesn't repeat it.
 * @returns the last status.
 */
export async function watchRun(of: {
  readonly api: ApiClient;
  readonly runId: string;
  readonly say: (line: string) => void;
  readonly told?: Map<string, string>;
  /** A person's question with this digest was answered already: don't stop at it. */
  readonly answered?: string;
  readonly pollMillis?: number;
  readonly appearSeconds?: number;
}): Promise<StatusAnswer> {
  const told = of.told ?? new Map<string, string>();
  const pollMillis = of.pollMillis ?? 1000;
  await untilThere(of, pollMillis, of.appearSeconds ?? APPEAR_SECONDS);
  for (;;) {
    const status = await of.api.status(of.runId);
    for (const line of changes(status.steps, told)) of.say(line);
    const asked = status.pending !== null && status.pending.digest !== of.answered;
    if (!isOpen(status.run.status) || asked) return status;
    await new Promise((resolve) => setTimeout(resolve, pollMillis));
  }
}

/** Waits until the run is there; one that doesn't come is told as the API tells it. */
async function untilThere(
  of: {
    readonly api: ApiClient;
    readonly runId: string;
    readonly say: (line: string) => void;
  },
  pollMillis: number,
  seconds: number,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (let tries = 0; ; tries++) {
    try {
      await of.api.status(of.runId);
      return;
    } catch (error) {
      const absent = error instanceof Refused && error.status === 404;
      if (!absent || Date.now() > deadline) throw error;
      if (tries === 0) of.say(`  ${of.runId} has not begun yet`);
      await new Promise((resolve) => setTimeout(resolve, pollMillis));
    }
  }
}

/** A stopped execution's event goes over a bus to the function that closes the run. */
const CLOSE_SECONDS = 30;

/**
 * What `status` says of a run that was cancelled, once it says so: until then the run can't be resumed.
 * After 30 s, and to whoever may not read, it is told as it was answered: as being cancelled.
 */
export async function untilCancelled(
  api: Pick<ApiClient, 'status'>,
  said: DecidedAnswer,
  seconds = CLOSE_SECONDS,
): Promise<DecidedAnswer> {
  const deadline = Date.now() + seconds * 1000;
  do {
    const found = await api.status(said.runId).catch((error: unknown) => {
      if (error instanceof Refused && error.status === 403) return undefined;
      throw error;
    });
    if (found === undefined) return said;
    const { status } = found.run;
    if (!isOpen(status)) return { ...said, status, message: `${said.runId} is ${status}` };
    await new Promise((resolve) => setTimeout(resolve, 300));
  } while (Date.now() < deadline);
  return said;
}

/** The steps whose status isn't what was told last, one line each. */
function changes(steps: readonly StepAnswer[], told: Map<string, string>): string[] {
  const lines: string[] = [];
  steps.forEach((step, index) => {
    // A step can be entered again (evaluated against a new champion): its place tells the two apart.
    const key = `${index} ${step.name}`;
    if (QUIET.includes(step.status) || told.get(key) === step.status) return;
    told.set(key, step.status);
    lines.push(stepLine(step));
  });
  return lines;
}

export function stepLine(step: StepAnswer): string {
  const time =
    step.seconds === null || step.seconds === undefined ? '' : `${step.seconds.toFixed(1)} s`;
  const error = step.error === null || step.error === undefined ? '' : `  ${step.error}`;
  return `  ${step.name.padEnd(20)} ${step.status.padEnd(18)} ${time.padStart(7)}${error}`.trimEnd();
}

/** What a person types next; empty when there is nothing to do. */
export function nextCommands(status: StatusAnswer): string[] {
  const { runId, model } = status.run;
  if (status.pending !== null) {
    const program = 'npx titleholder';
    switch (status.pending.kind) {
      case 'approval':
        return [
          `${program} explain ${runId}`,
          `${program} approve ${runId} --reason "…" --as SOMEBODY-ELSE   # or: reject`,
        ];
      case 'continue':
        return [`${program} continue ${runId} --as AN-APPROVER`];
      case 'acceptance':
        return [`${program} policy accept ${runId} --reason "…" --as AN-ADMIN   # or: reject`];
    }
  }
  switch (status.run.status) {
    case 'completed':
      return [`npx titleholder champion ${model}`];
    case 'failed':
    case 'timed_out':
      return [`npx titleholder logs ${runId}`, `npx titleholder resume ${runId}`];
    case 'rejected_by_gate':
      return [`npx titleholder explain ${runId}`];
    case 'running':
    case 'waiting':
    case 'ci_complete':
    case 'cd_complete':
      return [`npx titleholder watch ${runId}`];
    case 'awaiting_approval':
    case 'held':
    case 'rejected':
    case 'cancelled':
    case 'superseded':
    case 'rolled_back':
      return [];
  }
}
