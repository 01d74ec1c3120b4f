import { Scored, TrainCandidateInput } from '../../contracts/steps.ts';
import { TitleholderError } from '../../domain/errors.ts';
import { recorded } from '../../release/recorded-step.ts';
import { storeDocument } from '../../release/selection.ts';
import { type TrainDeps, trainingInput } from '../../release/train-step.ts';
import { candidatesOf } from '../../trial/candidates.ts';
import { prepareTraining, scoreCandidate } from '../../trial/train.ts';

/**
 * Scores one candidate on folds of the training rows; the holdout is out of its reach.
 *
 * Throws `SettingsInvalid`, `DataInvalid`, `ArtifactMissing`, `ArtifactCorrupt`, and `ProvenanceMismatch`
 * for a candidate that isn't in the plan.
 */
export const trainCandidate = (deps: TrainDeps) =>
  recorded(
    {
      name: 'TrainCandidate',
      input: TrainCandidateInput,
      output: Scored,
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async (of) => {
      const { plan, run } = of;
      const input = await trainingInput(deps, of);
      const candidate = candidatesOf(input.folder, plan.attempt).find(
        ({ name }) => name === of.candidate && plan.candidates.includes(name),
      );
      if (candidate === undefined) {
        throw new TitleholderError(
          'ProvenanceMismatch',
          `attempt ${plan.attempt} of run ${run.runId} has no candidate ${of.candidate}`,
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
