import { Choice, ChooseInput } from '../../contracts/steps.ts';
import { canonicalJson } from '../../domain/canonical.ts';
import { TitleholderError } from '../../domain/errors.ts';
import type { ArtifactStore } from '../../domain/ports.ts';
import { loadFolder } from '../../release/load-folder.ts';
import { recorded, type StepDeps } from '../../release/recorded-step.ts';
import { loadLeaderboard, loadScores, storeDocument } from '../../release/selection.ts';
import { candidatesOf } from '../../trial/candidates.ts';
import { choose, type Tried } from '../../trial/choose.ts';

export interface ChooseDeps extends StepDeps {
  readonly artifacts: ArtifactStore;
  /** Digest of the code that chooses. */
  readonly code: string;
}

/**
 * Chooses among every candidate so far by their scores on training rows, and says whether a gate asks
 * for another attempt.
 *
 * Throws `ProvenanceMismatch` where a planned candidate has no scores or another one's,
 * `ArtifactMissing`, `ArtifactCorrupt`, `BadInput`.
 */
export const chooseCandidate = (deps: ChooseDeps) =>
  recorded(
    {
      name: 'ChooseCandidate',
      input: ChooseInput,
      output: Choice,
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async ({ run, plan, scores }) => {
      const { artifacts } = deps;
      const folder = await loadFolder(artifacts, run);
      const earlier =
        plan.earlier === null ? [] : (await loadLeaderboard(artifacts, plan.earlier)).rows;
      const known = new Map<string, { readonly scores: string; readonly seconds: number }>();
      for (const row of earlier) known.set(row.candidate.name, row);
      for (const one of scores) known.set(one.candidate, one);
      // In the order of attempts and folder, whatever order the map's branches ended in.
      const tried: Tried[] = [];
      for (let attempt = 1; attempt <= plan.attempt; attempt += 1) {
        for (const candidate of candidatesOf(folder, attempt)) {
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
          tried.push({ scores: document, attempt, seconds: found.seconds });
        }
      }
      const leaderboard = choose(folder, plan.attempt, tried);
      return {
        attempt: plan.attempt,
        candidate: leaderboard.chosen,
        leaderboard: await storeDocument(artifacts, leaderboard),
        next: leaderboard.next,
        reason: leaderboard.reason,
      };
    },
  );
