/** Follows a run until it is closed or waits for a person. */
import { isOpen } from '#domain/run.ts';
import type { ShownCandidate, DecidedAnswer, StatusAnswer, ShownStep } from '#contracts/answers.ts';
import { ApiRefusal, type ApiClient } from '#client/client.ts';

/** A commit's event goes over a bus and a queue before there is a run of it. */
const APPEAR_SECONDS = 30;
/** Steps that were not entered have nothing to tell. */
const QUIET: readonly string[] = ['idle', 'skipped'];

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
    for (const line of changes(status, told)) of.say(line);
    const asked = status.pending !== null && status.pending.digest !== of.answered;
    if (!isOpen(status.run.status) || asked) return status;
    await new Promise((resolve) => setTimeout(resolve, pollMillis));
  }
}

/** Waits until the run is there; throws the API's own refusal where it doesn't come. */
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
      const absent = error instanceof ApiRefusal && error.status === 404;
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
 * After 30 s, and for a caller who may not read runs, it gives the answer to `cancel`: that it is being cancelled.
 */
export async function untilCancelled(
  api: Pick<ApiClient, 'status'>,
  said: DecidedAnswer,
  seconds = CLOSE_SECONDS,
): Promise<DecidedAnswer> {
  const deadline = Date.now() + seconds * 1000;
  do {
    const found = await api.status(said.runId).catch((error: unknown) => {
      if (error instanceof ApiRefusal && error.status === 403) return undefined;
      throw error;
    });
    if (found === undefined) return said;
    const { status } = found.run;
    if (!isOpen(status)) return { ...said, status, message: `${said.runId} is ${status}` };
    await new Promise((resolve) => setTimeout(resolve, 300));
  } while (Date.now() < deadline);
  return said;
}

/** The steps and candidates whose status has changed since the last call, one line each. */
function changes(status: StatusAnswer, told: Map<string, string>): string[] {
  return toldSteps(status)
    .filter(({ key, status: now }) => told.get(key) !== now)
    .map(({ key, status: now, line }) => {
      told.set(key, now);
      return line;
    });
}

/** The step under which the candidates are listed. */
const TRAINING = 'TrainCandidates';

/** What there is to tell of a run's steps, each candidate below the step that trains them. */
export function toldSteps({
  steps,
  candidates,
}: Pick<StatusAnswer, 'steps' | 'candidates'>): readonly {
  readonly key: string;
  readonly status: string;
  readonly line: string;
}[] {
  return steps
    .flatMap((step) => [
      { key: step.name, status: step.status, line: stepLine(step) },
      ...(step.name === TRAINING ? candidates : []).map((one) => ({
        key: `${step.name}/${one.name}`,
        status: one.status,
        line: candidateLine(one),
      })),
    ])
    .filter(({ status }) => !QUIET.includes(status));
}

export function stepLine(step: ShownStep): string {
  const error = step.error ?? '';
  return `  ${step.name.padEnd(20)} ${step.status.padEnd(18)} ${time(step).padStart(7)}  ${error}`.trimEnd();
}

function candidateLine(one: ShownCandidate): string {
  const why = [one.error, one.cause].filter((part) => part != null).join(': ');
  const said = one.status === 'failed' ? why : scoreWords(one);
  return `    ${one.name.padEnd(18)} ${one.status.padEnd(18)} ${time(one).padStart(7)}  ${said}`.trimEnd();
}

/** Mean AUC over folds with its standard error, or why there is none; empty before it is scored. */
function scoreWords({ meanAuc, standardError, notFitted, chosen }: ShownCandidate): string {
  if (notFitted !== null) return `not fitted: ${notFitted}`;
  if (meanAuc === null) return '';
  const spread = standardError === null ? '' : ` ± ${standardError.toFixed(4)}`;
  return `AUC ${meanAuc.toFixed(4)}${spread}${chosen ? ', chosen' : ''}`;
}

function time({ seconds }: ShownStep): string {
  return seconds == null ? '' : `${seconds.toFixed(1)} s`;
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
