import { STEPS } from '#contracts/steps.ts';
import type { Log } from '#domain/ports/log.ts';
import { recorded } from '#release/recorded-step.ts';
import { loadLeaderboard, loadScores, storeCharts } from '#release/selection-documents.ts';
import { storeTraining, type TrainDeps, trainingInput } from '#release/train-step.ts';
import { withoutHoldout } from '#release/unseen-holdout.ts';
import type { Draw } from '#plots/drawings.ts';
import { learningCurve } from '#training/learning-curve.ts';
import { fitChosen, prepareTraining } from '#training/train.ts';
import { TitleholderError } from '#domain/errors.ts';

/**
 * Fits the chosen candidate on all training rows: the challenger; and draws its learning curve.
 *
 * Throws `ProvenanceMismatch` where the leaderboard chose another one, `SettingsInvalid`, `DataInvalid`,
 * `ArtifactMissing`, `ArtifactCorrupt`, `ArtifactInvalid`.
 */
export const fullTrain = (deps: TrainDeps & { readonly log: Log; readonly draw: Draw }) =>
  recorded(
    {
      ...STEPS.FullTrain,
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async (input, { secondsLeft }) => {
      const { run, choice } = input;
      const artifacts = withoutHoldout(deps.artifacts, input);
      const leaderboard = await loadLeaderboard(artifacts, choice.leaderboard);
      const row = leaderboard.rows.find((r) => r.candidate.name === choice.candidate);
      if (
        row === undefined ||
        leaderboard.chosen !== choice.candidate ||
        leaderboard.model !== run.model
      ) {
        wrong(run.runId, 'chose another candidate than it says');
      }
      const scores = await loadScores(artifacts, row.scores);
      if ('notFitted' in scores) wrong(run.runId, 'chose a candidate that was not fitted');
      const prepared = prepareTraining(await trainingInput(deps, input, secondsLeft));
      const trained = fitChosen(prepared, scores, leaderboard);
      const charts = await deps.draw(learningCurve(prepared, scores.candidate, trained.seconds));
      return storeTraining(deps, 'full', trained, await storeCharts(deps, run, charts, 'reports'));
    },
  );

function wrong(runId: string, what: string): never {
  throw new TitleholderError(
    'ProvenanceMismatch',
    `ChooseCandidate handed over a leaderboard that ${what} (run ${runId})`,
    { step: 'ChooseCandidate', runId },
  );
}
