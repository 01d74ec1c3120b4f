/** The run as every step sees it, made from the stored commit and never from an event. */
import type { PolicyDocument } from '#contracts/folder/policy.ts';
import { RunReference } from '#contracts/steps.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Commit } from '#domain/run.ts';
import { rulingPolicy } from './load-folder.ts';

/** Throws what loading the policy throws: `ArtifactMissing`, `ArtifactCorrupt`, `BadInput`. */
export async function runReferenceOf(
  deps: { readonly artifacts: ArtifactStore; readonly registry: ChampionRegistry },
  commit: Commit,
  attempt: number,
): Promise<RunReference> {
  const { runId, model, bundle, data, ciReport, asOf } = commit;
  const policy = await rulingPolicy(deps, commit);
  return RunReference.parse({
    schemaVersion: 1,
    runId,
    model,
    attempt,
    commit: commit.commit,
    bundle,
    data,
    ciReport,
    asOf,
    waitSeconds: waitSecondsOf(policy),
  });
}

/** A policy's answer time in whole seconds, at least 1. */
export function waitSecondsOf({ approval }: PolicyDocument): number {
  return Math.max(1, Math.ceil(approval.timeoutHours * 3600));
}
