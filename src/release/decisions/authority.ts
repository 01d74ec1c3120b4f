/** By what right a challenger moves on. */
import type { EvaluationReference, RunReference } from '#contracts/steps.ts';
import type { ChainedEntry, LedgerEntry } from '#domain/ledger.ts';
import { isStillChampion } from '#domain/pointer.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { RegistryChange } from '#domain/ports/ledger-writer.ts';
import type { Commit } from '#domain/run.ts';
import { decisionIdOf } from '#domain/decision-id.ts';
import type { Evidence } from '#release/load-evidence.ts';
import type { DecisionDeps } from './commit-decision.ts';

export interface Authority {
  readonly authority: LedgerEntry['authority'];
  readonly actor: string;
  readonly reason: string;
  /** The approval that a promotion spends. */
  readonly spend?: RegistryChange['spend'] & object;
}

/**
 * The authority of an evaluation: the policy's own for a clear win on a low tier, else people's, enough
 * of them, none an author, on exactly this evidence.
 *
 * A promotion of it that is recorded has spent the approval, and stays its authority. Throws
 * `ApprovalStale` where there is no such approval, `EvidenceMismatch` where the gate said no or the
 * challenger is the champion.
 */
export async function authorityOf(
  deps: DecisionDeps,
  run: RunReference,
  commit: Commit,
  evaluation: EvaluationReference,
  evidence: Evidence,
): Promise<Authority> {
  if (evaluation.next === 'nobody') {
    throw new TitleholderError('EvidenceMismatch', `the gate rejected run ${run.runId}`);
  }
  if (evaluation.next === 'unchanged') {
    throw new TitleholderError('EvidenceMismatch', `run ${run.runId} trained the champion again`);
  }
  if (evaluation.next === 'policy') {
    return { authority: 'policy', actor: commit.submitter, reason: evaluation.reason };
  }
  const approval = await deps.approvals.get(run.runId, 'approval');
  const spent = approval?.status === 'spent' && (await promotionOf(deps, run, evaluation));
  if (
    approval === undefined ||
    approval.digest !== evaluation.digest ||
    (approval.status !== 'approved' && !spent)
  ) {
    throw new TitleholderError(
      'ApprovalStale',
      `run ${run.runId} has no approval of the evidence ${evaluation.digest}`,
      { runId: run.runId },
    );
  }
  const yes = approval.decisions.filter((d) => d.choice === 'approve');
  const people = new Set(yes.map((d) => d.actor).filter((a) => !commit.authors.includes(a)));
  const { required } = evidence.charter.policy.approval;
  if (!(people.size >= required)) {
    throw new TitleholderError(
      'ApprovalStale',
      `run ${run.runId} has ${people.size} of the ${required} approvals that its charter asks for`,
      { runId: run.runId },
    );
  }
  return {
    authority: 'approval',
    actor: [...people].join(', '),
    reason: yes.map((d) => d.reason).join('; '),
    spend: { runId: run.runId, kind: 'approval', revision: approval.revision },
  };
}

/** The recorded promotion of an evaluation. */
export function promotionOf(
  deps: DecisionDeps,
  run: RunReference,
  evaluation: EvaluationReference,
): Promise<ChainedEntry | undefined> {
  return deps.registry.decision(run.model, decisionIdOf(run.runId, 'promote', evaluation.digest));
}

/**
 * Refuses an evaluation against a champion that isn't the champion any more. Throws `ChampionMoved`.
 */
export async function checkChampion(
  deps: DecisionDeps,
  run: RunReference,
  evaluation: EvaluationReference,
): Promise<void> {
  const { champion } = evaluation;
  const now = await deps.registry.pointer(run.model, 'production');
  if (isStillChampion(champion, now)) return;
  // The run's own promotion moved it: a resume passes here on its way to verify it.
  const promoted = await promotionOf(deps, run, evaluation);
  if (promoted !== undefined && promoted.version === now?.version) return;
  const was = champion === null ? 'no champion' : `version ${champion.version}`;
  throw new TitleholderError(
    'ChampionMoved',
    `run ${run.runId} was compared with ${was}, and ${now === undefined ? 'there is none' : `version ${now.version} serves`} now`,
    { model: run.model, runId: run.runId },
  );
}
