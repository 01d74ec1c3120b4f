import { STEPS } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import { loadFolder } from '#release/load-folder.ts';
import { recorded, type StepDeps } from '#release/recorded-step.ts';
import { markRunning } from '#release/update-run.ts';
import { roundsOf } from '#training/candidates.ts';
import type { RunStore } from '#domain/ports/run-store.ts';

export interface PlanDeps extends StepDeps {
  readonly runs: RunStore;
  readonly artifacts: ArtifactStore;
  /** Digest of the code that proposes. */
  readonly code: string;
}

/**
 * Names the candidates of the next round: the folder's own first, then points of its space.
 *
 * Throws `SettingsInvalid` where policy or space have no further round, `ArtifactMissing`,
 * `ArtifactCorrupt`, `BadInput`.
 */
export const planCandidates = (deps: PlanDeps) =>
  recorded(
    {
      ...STEPS.PlanCandidates,
      name: ({ choice }) => (choice === undefined ? 'PlanCandidates' : 'ProposeCandidates'),
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async ({ run, choice }) => {
      await markRunning(deps, run.runId);
      const round = (choice?.attempt ?? 0) + 1;
      const candidates = roundsOf(await loadFolder(deps.artifacts, run))[round - 1];
      if (candidates === undefined) {
        throw new TitleholderError(
          'SettingsInvalid',
          `round ${round} has no candidate: the policy’s budget or the folder’s space is spent`,
        );
      }
      return {
        attempt: round,
        candidates: candidates.map((c) => c.name),
        earlier: choice?.leaderboard ?? null,
      };
    },
  );
