/** Adds a person's decision to the question that a run waits with, and answers its token once. */
import type { Answer as TokenAnswer } from '#contracts/steps.ts';
import { DataReference, EvaluationReference } from '#contracts/steps.ts';
import type { Approval, ApprovalKind, Decision, Refusal } from '#domain/approval.ts';
import { decideApproval } from '#domain/approval.ts';
import { isStillChampion } from '#domain/champion.ts';
import type { ErrorName } from '#domain/errors.ts';
import { isNamed, TitleholderError } from '#domain/errors.ts';
import type { Run, RunStatus } from '#domain/run.ts';
import { isOpen } from '#domain/run.ts';
import { runReferenceOf } from '#release/run-reference.ts';
import { updateRun } from '#release/update-run.ts';
import type { Deps } from './deps.ts';

export interface Said {
  readonly actor: string;
  readonly choice: 'approve' | 'reject';
  readonly reason: string;
  /** What the person looked at. */
  readonly digest: string | undefined;
}

export interface Heard {
  readonly approval: Approval;
  readonly message: string;
}

/**
 * Decides the first pending question among `kinds` (or repeats an answer that was given).
 *
 * Throws `Conflict` when nothing is asked, `Forbidden` for an author, `Expired`, `ApprovalStale`,
 * `DecisionExists`. Safe to repeat: a crash after the decision was stored is made good by the same
 * person saying the same again.
 */
export async function answerQuestion(
  deps: Deps,
  run: Run,
  kinds: readonly ApprovalKind[],
  said: Said,
): Promise<Heard> {
  try {
    return await decideOnce(deps, run, kinds, said);
  } catch (error) {
    // Somebody else decided meanwhile: look once more, then let the person look.
    if (!isNamed(error, 'Conflict') || error.details['lost'] !== true) throw error;
    return decideOnce(deps, run, kinds, said);
  }
}

async function decideOnce(
  deps: Deps,
  run: Run,
  kinds: readonly ApprovalKind[],
  said: Said,
): Promise<Heard> {
  const { runId } = run;
  const stored = await questionOf(deps, run, kinds);
  const decision: Decision = {
    id: deps.ids.next(),
    actor: said.actor,
    choice: said.choice,
    reason: said.reason,
    at: deps.clock.now(),
  };
  const open = isOpen(run.status);
  const outcome = decideApproval(stored, decision, said.digest);
  if ('refused' in outcome) {
    // Its first finder may have crashed before he told the machine.
    if (stored.status === 'stale' && open) await tellStale(deps, stored);
    throw refusal(outcome.refused, stored);
  }
  const { approval } = outcome;
  const repeated = approval === stored;
  if (!open && !repeated) {
    throw new TitleholderError('Conflict', `${runId} is ${run.status}; there is nothing to decide`);
  }
  // Looked at anew: a later commit may have come since the request was read.
  refuseSuperseded((await deps.runs.get(runId)) ?? run);
  if (!repeated) {
    if (approval.kind === 'approval' && said.choice === 'approve') {
      await refuseMovedChampion(deps, stored, said);
    }
    await put(deps, approval);
  }
  if (approval.status === 'pending') {
    const given = approval.decisions.filter((d) => d.choice === 'approve').length;
    return { approval, message: `${given} of ${approval.required} approvals of ${runId}` };
  }
  const word = wordFor(approval);
  if (!open) return { approval, message: `${runId} was ${word} already and is ${run.status} now` };
  if (approval.kind === 'acceptance' && approval.status === 'approved') {
    await recordAcceptance(deps, run, approval);
  }
  await goesOn(deps, approval);
  const taken = await deps.executions.succeed(approval.token, answerOf(approval));
  const late = taken || repeated ? '' : '; it no longer waits for this, resume takes it up';
  return { approval, message: `${runId} is ${word}${late}` };
}

const WORDS: Readonly<Record<ApprovalKind, string>> = {
  approval: 'approved',
  continue: 'continued',
  acceptance: 'accepted',
};

/** How it was decided; that an approval is spent is our own business. */
function wordFor({ status, kind }: Approval): string {
  return status === 'rejected' ? 'rejected' : WORDS[kind];
}

/** The pending question, else the one that was asked last. */
async function questionOf(deps: Deps, run: Run, kinds: readonly ApprovalKind[]): Promise<Approval> {
  const all = await Promise.all(kinds.map((kind) => deps.approvals.get(run.runId, kind)));
  const found = all.filter((a) => a !== undefined);
  const pending = found.find((a) => a.status === 'pending');
  const last = [...found].sort((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1))[0];
  const question = pending ?? last;
  if (question === undefined) {
    const what = kinds.length === 1 ? NOUNS[kinds[0] ?? 'approval'] : 'a decision';
    throw new TitleholderError(
      'Conflict',
      `${run.runId} does not wait for ${what}; it is ${run.status}`,
    );
  }
  return question;
}

const NOUNS: Readonly<Record<ApprovalKind, string>> = {
  approval: 'an approval',
  continue: 'a continuation',
  acceptance: 'an acceptance',
};

const REFUSALS: Readonly<Record<Refusal, readonly [ErrorName, (of: Approval) => string]>> = {
  expired: ['Expired', (of) => `the question about ${of.runId} expired at ${of.expiresAt}`],
  author: [
    'Forbidden',
    (of) => `who submitted or wrote ${of.runId} can't approve it; somebody else must`,
  ],
  decided: ['DecisionExists', (of) => `${of.runId} was ${wordFor(of)} already`],
  twice: ['DecisionExists', (of) => `you decided the other way on ${of.runId} before`],
  stale: [
    'ApprovalStale',
    (of) => `${of.runId} is judged by other evidence now (${of.digest}); look at it again`,
  ],
};

function refusal(why: Refusal, approval: Approval): TitleholderError {
  const [name, text] = REFUSALS[why];
  return new TitleholderError(name, text(approval), { runId: approval.runId, refused: why });
}

/** An approval counts against the champion that the challenger was compared with, and no other. */
async function refuseMovedChampion(deps: Deps, approval: Approval, said: Said): Promise<void> {
  const { runId, model, digest } = approval;
  const records = await deps.steps.list(runId);
  const evaluation = records
    .filter((r) => r.step === 'EvaluateChallenger')
    .map((r) => EvaluationReference.safeParse(r.output))
    .findLast((parsed) => parsed.success && parsed.data.digest === digest)?.data;
  if (evaluation === undefined) {
    throw new TitleholderError('EvidenceMismatch', `${runId} has no evaluation ${digest}`);
  }
  const compared = evaluation.champion;
  const now = await deps.registry.pointer(model, 'production');
  if (isStillChampion(compared, now)) return;
  const stale: Approval = { ...approval, status: 'stale', revision: approval.revision + 1 };
  await put(deps, stale);
  await tellStale(deps, stale, said.actor);
  const was = compared === null ? 'no champion' : `version ${compared.version}`;
  const is = now === undefined ? 'there is none' : `version ${now.version} serves`;
  throw new TitleholderError(
    'ApprovalStale',
    `${runId} was compared with ${was} and ${is} now; it is evaluated again`,
    { runId },
  );
}

async function tellStale(deps: Deps, stale: Approval, by = 'titleholder'): Promise<void> {
  const answer: TokenAnswer = { choice: 'stale', by, reason: 'the champion moved' };
  await goesOn(deps, stale);
  await deps.executions.succeed(stale.token, answer);
}

const WAITING: Readonly<Record<ApprovalKind, RunStatus>> = {
  approval: 'awaiting_approval',
  continue: 'ci_complete',
  acceptance: 'held',
};

/**
 * The run is running again, said before its token is answered: after that the machine may have asked
 * the next question already. A run that waits for something else is left alone.
 *
 * The change is the same item's as the mark of a run that is superseded, so one of the two comes
 * first: a run that goes on can't be marked, and one that is marked doesn't go on.
 */
async function goesOn(deps: Deps, { runId, kind }: Approval): Promise<void> {
  await updateRun(deps, runId, (run) => {
    refuseSuperseded(run);
    return run.status === WAITING[kind] ? { status: 'running' } : undefined;
  });
}

/** A superseded run is about to be stopped: whoever is told that it goes on would be told wrong. */
function refuseSuperseded({ runId, status, supersededBy }: Run): void {
  if (supersededBy === undefined || !isOpen(status)) return;
  throw new TitleholderError(
    'Conflict',
    `${runId} is superseded by ${supersededBy}; decide on that one`,
    { runId, supersededBy },
  );
}

async function put(deps: Deps, approval: Approval): Promise<void> {
  try {
    await deps.approvals.put(approval);
  } catch (error) {
    if (!isNamed(error, 'Conflict')) throw error;
    throw new TitleholderError('Conflict', error.message, { lost: true }, { cause: error });
  }
}

function answerOf(approval: Approval): TokenAnswer {
  const choice = approval.status === 'rejected' ? 'reject' : 'approve';
  const said = approval.decisions.filter((d) => d.choice === choice);
  return {
    choice: choice === 'reject' ? 'rejected' : 'approved',
    by: said.map((d) => d.actor).join(', '),
    reason: said.map((d) => d.reason).join('; '),
  };
}

/**
 * Writes an acceptance to the ledger before the machine hears of it, because validation goes by the
 * ledger. The decision's id hangs on the question's revision, so a repeat is the same decision.
 */
async function recordAcceptance(deps: Deps, run: Run, approval: Approval): Promise<void> {
  const { runId, digest } = approval;
  const commit = await deps.commits.get(runId);
  if (commit === undefined) {
    throw new TitleholderError('CommitUnknown', `no commit is stored for ${runId}`);
  }
  const data = (await deps.steps.list(runId))
    .filter((r) => r.step === 'ValidateData')
    .map((r) => DataReference.safeParse(r.output))
    .findLast((parsed) => parsed.success && parsed.data.question?.digest === digest)?.data;
  if (data === undefined) {
    throw new TitleholderError('EvidenceMismatch', `${runId} has no recorded question ${digest}`);
  }
  const { by: actor, reason } = answerOf(approval);
  try {
    await deps.decisions.record({
      decision: 'accept',
      decisionId: `accept-${runId}-${approval.revision}`,
      run: await runReferenceOf(deps, commit, run.attempt),
      data,
      actor,
      reason,
    });
  } catch (error) {
    if (!isNamed(error, 'DecisionExists')) throw error;
  }
}
