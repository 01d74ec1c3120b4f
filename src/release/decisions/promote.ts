import type { Moved, RecordDecisionInput } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import { pointerTo } from '#domain/pointer.ts';
import type { Commit } from '#domain/run.ts';
import { decisionIdOf } from '#domain/decision-id.ts';
import { loadEvidence } from '#release/load-evidence.ts';
import { movedAnswer } from './moved-answer.ts';
import { authorityOf, checkChampion } from './authority.ts';
import { championMoved, commitDecision, type DecisionDeps } from './commit-decision.ts';

type Promote = Extract<RecordDecisionInput, { decision: 'promote' }>;

/**
 * Points production at the staged version and spends the approval. A model's first promotion accepts the
 * charter that it was judged by.
 *
 * Throws `EvidenceMismatch`, `ApprovalStale`, `ChampionMoved`, `SmokeTestFailed` (staging never verified
 * this hash).
 */
export async function promote(
  deps: DecisionDeps,
  { run, evaluation, staged }: Promote,
  commit: Commit,
): Promise<Moved> {
  const { registry } = deps;
  const { model } = run;
  const { version, sha256 } = staged;
  const decisionId = decisionIdOf(run.runId, 'promote', evaluation.digest);
  const entry = await commitDecision(deps, model, decisionId, async (now) => {
    const evidence = await loadEvidence(deps, run, evaluation);
    const minted = await registry.version(model, version);
    const own = minted?.runId === run.runId && minted.sha256 === sha256;
    if (!own || sha256 !== evaluation.artifact) {
      throw new TitleholderError(
        'EvidenceMismatch',
        `DeployToStaging: version ${version} is not the challenger of run ${run.runId}`,
        { step: 'DeployToStaging', runId: run.runId },
      );
    }
    const right = await authorityOf(deps, run, commit, evaluation, evidence);
    await checkChampion(deps, run, evaluation);
    if (!(await deps.verifications.has(model, sha256))) {
      throw new TitleholderError('SmokeTestFailed', `staging has not verified version ${version}`);
    }
    const before = await registry.pointer(model, 'production');
    const accepted = await registry.charter(model);
    const { charter } = evidence.measured;
    const { authority, actor, reason, spend } = right;
    return {
      event: championMoved('promoted'),
      requireVerified: sha256,
      ...(spend && { spend }),
      pointer: pointerTo(before, { model, slot: 'production', version, sha256, now }),
      ...(accepted === undefined && {
        charter: { schemaVersion: 1 as const, model, charter, acceptedBy: actor, at: now },
      }),
      entry: {
        kind: 'promoted',
        actor,
        authority,
        reason,
        runId: run.runId,
        commit: run.commit,
        version,
        sha256,
        previousVersion: before?.version ?? null,
        evidence: { measured: evaluation.measured, timings: evaluation.timings },
        charter,
      },
    };
  });
  const moved = await movedAnswer(deps, entry, 'production');
  const archived = moved.previousVersion === null ? '' : ` (archived v${moved.previousVersion})`;
  deps.log(`v${moved.version} → Production${archived}`, {
    model,
    runId: run.runId,
    sha256: moved.sha256,
    sequence: moved.sequence,
  });
  return moved;
}
