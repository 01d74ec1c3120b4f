/** Adds a person's decision to the question that a run waits with, and answers its token once. */
import { STEPS, type TokenAnswer } from '#contracts/steps.ts';
import { outputsOf } from '#release/recorded-step.ts';
import type { Approval, ApprovalKind, Decision, Refusal } from '#domain/approval.ts';
import { decideApproval, WAITING_STATUS } from '#domain/approval.ts';
import { type Change, compareAndSwap } from '#domain/compare-and-swap.ts';
import { acceptanceIdOf } from '#domain/decision-id.ts';
import { isStillChampion } from '#domain/pointer.ts';
import type { ErrorName } from '#domain/errors.ts';
import { isNamed, TitleholderError } from '#domain/errors.ts';
import type { Run } from '#domain/run.ts';
import { isOpen } from '#domain/run.ts';
import { runReferenceOf } from '#release/run-reference.ts';
import { updateRun } from '#release/update-run.ts';
import type { Approvals } from '#domain/ports/approvals.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { Decisions } from '#domain/ports/decisions.ts';
import type { Executions } from '#domain/ports/executions.ts';
import type { Identity } from '#domain/ports/identity.ts';
import type { Ids } from '#domain/ports/ids.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { StepStore } from '#domain/ports/step-store.ts';
import type { Log } from '#domain/ports/log.ts';

/** What people's decisions need of the world. */
export interface DecideDeps {
  readonly identity: Identity;
  readonly commits: CommitStore;
  readonly runs: RunStore;
  readonly steps: StepStore;
  readonly approvals: Approvals;
  readonly registry: ChampionRegistry;
  readonly artifacts: ArtifactStore;
  readonly executions: Executions;
  readonly decisions: Decisions;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** What a person decides. */
export interface PersonsDecision {
  readonly actor: string;
  readonly choice: 'approve' | 'reject';
  readonly reason: string;
  /** Of the evidence or question that the person looked at. */
  readonly digest: string | undefined;
}

export interface Answered {
  readonly approval: Approval;
  readonly message: string;
}

/** What a decision made of the stored question. */
interface Outcome {
  readonly approval: Approval;
  /** The same person has given the same answer before. */
  readonly repeated: boolean;
  /** The run as it was when the decision was taken. */
  readonly isOpen: boolean;
  /** Why the question is void; its approval is stale then. */
  readonly movedChampion?: string;
}

/**
 * Decides the first pending question among `kinds` (or repeats an answer that was given).
 *
 * Throws `Conflict` when nothing is asked, `Forbidden` for an author, `Expired`, `ApprovalStale`,
 * `DecisionExists`. Safe to repeat: a crash after the decision was stored is made good by the same
 * person saying the same again.
 */
export async function answerQuestion(
  deps: DecideDeps,
  run: Run,
  kinds: readonly ApprovalKind[],
  given: PersonsDecision,
): Promise<Answered> {
  const { runId } = run;
  const outcome = await compareAndSwap(() => propose(deps, run, kinds, given));
  const { approval, repeated, movedChampion } = outcome;
  if (movedChampion !== undefined) {
    await answerStale(deps, approval, given.actor);
    throw new TitleholderError('ApprovalStale', movedChampion, { runId });
  }
  if (approval.status === 'pending') {
    const given = approval.decisions.filter((d) => d.choice === 'approve').length;
    return { approval, message: `${given} of ${approval.required} approvals of ${runId}` };
  }
  const word = wordFor(approval);
  if (!outcome.isOpen) {
    return { approval, message: `${runId} was ${word} already and is ${run.status} now` };
  }
  if (approval.kind === 'acceptance' && approval.status === 'approved') {
    await recordAcceptance(deps, run, approval);
  }
  await goOn(deps, approval);
  const taken = await deps.executions.succeed(approval.token, answerOf(approval));
  const late = taken || repeated ? '' : '; it no longer waits for this, resume takes it up';
  return { approval, message: `${runId} is ${word}${late}` };
}

/** The decision on the question as it is stored now. */
async function propose(
  deps: DecideDeps,
  run: Run,
  kinds: readonly ApprovalKind[],
  given: PersonsDecision,
): Promise<Change<Outcome>> {
  const { runId } = run;
  const stored = await questionOf(deps, run, kinds);
  const { actor, choice, reason } = given;
  const decision: Decision = {
    id: deps.ids.next(),
    actor,
    choice,
    reason,
    at: deps.clock.now(),
  };
  const open = isOpen(run.status);
  const decided = decideApproval(stored, decision, given.digest);
  if ('refused' in decided) {
    // The call that found it first may have crashed before it answered the machine's token.
    if (stored.status === 'stale' && open) await answerStale(deps, stored);
    throw refusal(decided.refused, stored);
  }
  const { approval } = decided;
  const repeated = approval === stored;
  if (!open && !repeated) {
    throw new TitleholderError('Conflict', `${runId} is ${run.status}; there is nothing to decide`);
  }
  // Looked at anew: a later commit may have come since the request was read.
  refuseSuperseded((await deps.runs.get(runId)) ?? run);
  if (repeated) return { result: { approval, repeated, isOpen: open } };
  const movedChampion =
    approval.kind === 'approval' && choice === 'approve'
      ? await movedChampionOf(deps, stored)
      : undefined;
  if (movedChampion === undefined) {
    return {
      result: { approval, repeated, isOpen: open },
      write: () => deps.approvals.put(approval),
    };
  }
  const stale: Approval = { ...stored, status: 'stale', revision: stored.revision + 1 };
  return {
    result: { approval: stale, repeated, isOpen: open, movedChampion },
    write: () => deps.approvals.put(stale),
  };
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
async function questionOf(
  deps: DecideDeps,
  run: Run,
  kinds: readonly ApprovalKind[],
): Promise<Approval> {
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

/**
 * An approval counts against the champion that the challenger was compared with, and no other: what
 * happened to that champion, or undefined while it is production's.
 */
async function movedChampionOf(deps: DecideDeps, approval: Approval): Promise<string | undefined> {
  const { runId, model, digest } = approval;
  const records = await deps.steps.list(runId);
  const evaluation = outputsOf(records, STEPS.EvaluateChallenger).findLast(
    (one) => one.digest === digest,
  );
  if (evaluation === undefined) {
    throw new TitleholderError('EvidenceMismatch', `${runId} has no evaluation ${digest}`);
  }
  const compared = evaluation.champion;
  const now = await deps.registry.pointer(model, 'production');
  if (isStillChampion(compared, now)) return undefined;
  const was = compared === null ? 'no champion' : `version ${compared.version}`;
  const is = now === undefined ? 'there is none' : `version ${now.version} serves`;
  return `${runId} was compared with ${was} and ${is} now; it is evaluated again`;
}

async function answerStale(deps: DecideDeps, stale: Approval, by = 'titleholder'): Promise<void> {
  const answer: TokenAnswer = { choice: 'stale', by, reason: 'the champion moved' };
  await goOn(deps, stale);
  await deps.executions.succeed(stale.token, answer);
}

/**
 * The run is running again, said before its token is answered: after that the machine may have asked
 * the next question already. A run that waits for something else is left alone.
 *
 * The change is the same item's as the mark of a run that is superseded, so one of the two comes
 * first: a run that goes on can't be marked, and one that is marked doesn't go on.
 */
async function goOn(deps: DecideDeps, { runId, kind }: Approval): Promise<void> {
  await updateRun(deps, runId, (run) => {
    refuseSuperseded(run);
    return run.status === WAITING_STATUS[kind] ? { status: 'running' } : undefined;
  });
}

/** A superseded run is about to be stopped, so an answer that it goes on would be wrong. */
function refuseSuperseded({ runId, status, supersededBy }: Run): void {
  if (supersededBy === undefined || !isOpen(status)) return;
  throw new TitleholderError(
    'Conflict',
    `${runId} is superseded by ${supersededBy}; decide on that one`,
    { runId, supersededBy },
  );
}

function answerOf(approval: Approval): TokenAnswer {
  const choice = approval.status === 'rejected' ? 'reject' : 'approve';
  const deciding = approval.decisions.filter((d) => d.choice === choice);
  return {
    choice: choice === 'reject' ? 'rejected' : 'approved',
    by: deciding.map((d) => d.actor).join(', '),
    reason: deciding.map((d) => d.reason).join('; '),
  };
}

/**
 * Writes an acceptance to the ledger before the machine's token is answered, because validation goes by the
 * ledger. The decision's id hangs on the question's revision, so a repeat is the same decision.
 */
async function recordAcceptance(deps: DecideDeps, run: Run, approval: Approval): Promise<void> {
  const { runId, digest } = approval;
  const commit = await deps.commits.get(runId);
  if (commit === undefined) {
    throw new TitleholderError('CommitUnknown', `no commit is stored for ${runId}`);
  }
  const data = outputsOf(await deps.steps.list(runId), STEPS.ValidateData).findLast(
    (one) => one.question?.digest === digest,
  );
  if (data === undefined) {
    throw new TitleholderError('EvidenceMismatch', `${runId} has no recorded question ${digest}`);
  }
  const { by: actor, reason } = answerOf(approval);
  try {
    await deps.decisions.record({
      decision: 'accept',
      decisionId: acceptanceIdOf(runId, approval.revision),
      run: await runReferenceOf(deps, commit, run.attempt),
      data,
      actor,
      reason,
    });
  } catch (error) {
    if (!isNamed(error, 'DecisionExists')) throw error;
  }
}
