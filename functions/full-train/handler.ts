import { FullTrainInput, Training } from '../../contracts/steps.ts';
import { recorded } from '../../release/recorded-step.ts';
import { loadLeaderboard, loadScores, storeDocument } from '../../release/selection.ts';
import { storeTraining, type TrainDeps, trainingInput } from '../../release/train-step.ts';
import { drawn, trainingCharts } from '../../trial/charts.ts';
import { fitChosen, prepareTraining } from '../../trial/train.ts';
import { TitleholderError } from '../../domain/errors.ts';

/**
 * Fits the chosen candidate on all training rows: the challenger; and draws its learning curve.
 *
 * Throws `ProvenanceMismatch` where the leaderboard chose another one, `SettingsInvalid`, `DataInvalid`,
 * `ArtifactMissing`, `ArtifactCorrupt`, `ArtifactInvalid`.
 */
export const fullTrain = (deps: TrainDeps) =>
  recorded(
    {
      name: 'FullTrain',
      input: FullTrainInput,
      output: Training,
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async (input) => {
      const { run, choice } = input;
      const leaderboard = await loadLeaderboard(deps.artifacts, choice.leaderboard);
      const row = leaderboard.rows.find((r) => r.candidate.name === choice.candidate);
      if (
        row === undefined ||
        leaderboard.chosen !== choice.candidate ||
        leaderboard.model !== run.model
      ) {
        throw new TitleholderError(
          'ProvenanceMismatch',
          `ChooseCandidate handed over a leaderboard that chose another candidate than it says (run ${run.runId})`,
          { step: 'ChooseCandidate', runId: run.runId },
        );
      }
      const scores = await loadScores(deps.artifacts, row.scores);
      const prepared = prepareTraining(await trainingInput(deps, input));
      const trained = fitChosen(prepared, scores, leaderboard);
      const charts = await drawn(() => trainingCharts(prepared, scores.candidate));
      return storeTraining(deps, 'full', trained, await storeDocument(deps.artifacts, charts));
    },
  );
