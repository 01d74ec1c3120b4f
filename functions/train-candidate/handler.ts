import { STEPS } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import { recorded } from '#release/recorded-step.ts';
import { storeDocument } from '#release/selection-documents.ts';
import { type TrainDeps, trainingInput } from '#release/train-step.ts';
import { roundsOf } from '#training/candidates.ts';
import { prepareTraining, scoreCandidate } from '#training/train.ts';

/**
 * Scores one candidate on folds of the training rows, or records why they don't let it be fitted; the
 * holdout is out of its reach.
 *
 * Throws `DataInvalid`, `SettingsInvalid`, `OutOfTime` before Lambda's own time-out, `ArtifactMissing`,
 * `ArtifactCorrupt`, and `ProvenanceMismatch` for a candidate that isn't in the plan.
 */
export const trainCandidate = (deps: TrainDeps) =>
  recorded(
    {
      ...STEPS.TrainCandidate,
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async (of, { secondsLeft }) => {
      const { plan, run } = of;
      const input = await trainingInput(deps, of, secondsLeft);
      const candidate = roundsOf(input.folder)[plan.attempt - 1]?.find(
        ({ name }) => name === of.candidate && plan.candidates.includes(name),
      );
      if (candidate === undefined) {
        throw new TitleholderError(
          'ProvenanceMismatch',
          `round ${plan.attempt} of run ${run.runId} has no candidate ${of.candidate}`,
        );
      }
      const { scores, seconds } = scoreCandidate(prepareTraining(input), candidate);
      return {
        candidate: candidate.name,
        scores: await storeDocument(deps.artifacts, scores),
        seconds,
      };
    },
  );
