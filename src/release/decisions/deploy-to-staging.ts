import type { RecordDecisionInput, Staged } from '#contracts/steps.ts';
import { pointerTo } from '#domain/pointer.ts';
import type { Commit } from '#domain/run.ts';
import { nextVersion } from '#domain/version.ts';
import { decisionIdOf, restagingIdOf } from '#domain/decision-id.ts';
import { loadEvidence } from '#release/load-evidence.ts';
import { movedAnswer } from './moved-answer.ts';
import { authorityOf, checkChampion } from './authority.ts';
import { championMoved, commitDecision, type DecisionDeps } from './commit-decision.ts';

type Stage = Extract<RecordDecisionInput, { decision: 'stage' }>;

/**
 * Mints a version for the challenger (or takes the one that this run has) and points staging at it.
 *
 * Throws `EvidenceMismatch`, `ApprovalStale`, `ChampionMoved`, `ArtifactMissing`, `ArtifactCorrupt`.
 */
export async function deployToStaging(
  deps: DecisionDeps,
  { run, evaluation, tracking }: Stage,
  commit: Commit,
): Promise<Staged> {
  const { registry } = deps;
  const evidence = await loadEvidence(deps, run, evaluation);
  await deps.artifacts.get('models', evaluation.artifact);
  const decisionId = await stagingId(deps, run, evaluation.digest);
  const entry = await commitDecision(deps, run.model, decisionId, async (now) => {
    const right = await authorityOf(deps, run, commit, evaluation, evidence);
    await checkChampion(deps, run, evaluation);
    const versions = await registry.versions(run.model);
    const own = versions.find((v) => v.runId === run.runId && v.sha256 === evaluation.artifact);
    const version = own?.version ?? nextVersion(versions);
    const sha256 = evaluation.artifact;
    const before = await registry.pointer(run.model, 'staging');
    const champion = await registry.pointer(run.model, 'production');
    const { authority, actor, reason } = right;
    return {
      event: championMoved('staged'),
      pointer: pointerTo(before, { model: run.model, slot: 'staging', version, sha256, now }),
      ...(own === undefined && {
        version: {
          schemaVersion: 1 as const,
          model: run.model,
          version,
          sha256,
          runId: run.runId,
          commit: run.commit,
          createdAt: now,
          trackingRunId: tracking.trackingRunId,
        },
      }),
      entry: {
        kind: 'staged',
        actor,
        authority,
        reason,
        runId: run.runId,
        commit: run.commit,
        version,
        sha256,
        previousVersion: champion?.version ?? null,
        evidence: { measured: evaluation.measured, timings: evaluation.timings },
        charter: evidence.measured.charter,
      },
    };
  });
  const { version, sha256, revision, sequence } = await movedAnswer(deps, entry, 'staging');
  return { version, sha256, revision, sequence };
}

/**
 * Staging the same evaluation again is the same decision. Where staging was given to another run since, it is
 * a new decision, whose id bears the version that staging leaves.
 */
async function stagingId(
  deps: DecisionDeps,
  run: { readonly model: string; readonly runId: string },
  digest: string,
): Promise<string> {
  const id = decisionIdOf(run.runId, 'stage', digest);
  const done = await deps.registry.decision(run.model, id);
  const pointer = await deps.registry.pointer(run.model, 'staging');
  const away = done !== undefined && pointer !== undefined && pointer.version !== done.version;
  return away ? restagingIdOf(id, pointer.revision) : id;
}
