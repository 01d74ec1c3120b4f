import { STEPS } from '#contracts/steps.ts';
import { canonicalJson } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import { loadFolder } from '#release/load-folder.ts';
import { recorded, type StepDeps } from '#release/recorded-step.ts';
import { loadLeaderboard, loadScores, storeDocument } from '#release/selection-documents.ts';
import { roundsOf } from '#training/candidates.ts';
import { choose, type Tried } from '#training/choose.ts';

export interface ChooseDeps extends StepDeps {
  readonly artifacts: ArtifactStore;
  /** Digest of the code that chooses. */
  readonly code: string;
}

/**
 * Chooses among every candidate so far by their scores on training rows, and says whether a gate asks
 * for another round.
 *
 * Throws `NoCandidateFitted`, `ProvenanceMismatch` where a planned candidate has no scores or another
 * one's, `ArtifactMissing`, `ArtifactCorrupt`, `BadInput`.
 */
export const chooseCandidate = (deps: ChooseDeps) =>
  recorded(
    {
      ...STEPS.ChooseCandidate,
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async ({ run, plan, scores }) => {
      const { artifacts } = deps;
      const folder = await loadFolder(artifacts, run);
      const known = new Map<string, { readonly scores: string; readonly seconds: number }>();
      if (plan.earlier !== null) {
        const { rows, notFitted } = await loadLeaderboard(artifacts, plan.earlier);
        for (const row of [...rows, ...notFitted]) known.set(row.candidate.name, row);
      }
      for (const one of scores) known.set(one.candidate, one);
      // In the order of rounds and folder, whatever order the map's branches ended in.
      const tried: Tried[] = [];
      const rounds = roundsOf(folder);
      for (const [i, candidates] of rounds.slice(0, plan.attempt).entries()) {
        for (const candidate of candidates) {
          const found = known.get(candidate.name);
          const document = found && (await loadScores(artifacts, found.scores));
          if (
            found === undefined ||
            document === undefined ||
            canonicalJson(document.candidate) !== canonicalJson(candidate)
          ) {
            throw new TitleholderError(
              'ProvenanceMismatch',
              `TrainCandidate left no scores of ${candidate.name} for run ${run.runId}`,
              { step: 'TrainCandidate', runId: run.runId },
            );
          }
          tried.push({ scores: document, round: i + 1, seconds: found.seconds });
        }
      }
      const leaderboard = choose(folder, rounds, plan.attempt, tried);
      return {
        attempt: plan.attempt,
        candidate: leaderboard.chosen,
        leaderboard: await storeDocument(artifacts, leaderboard),
        next: leaderboard.next,
        reason: leaderboard.reason,
      };
    },
  );
