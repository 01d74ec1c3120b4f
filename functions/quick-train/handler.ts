import { STEPS } from '#contracts/steps.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import { recorded } from '#release/recorded-step.ts';
import { storeTraining, type TrainDeps, trainingInput } from '#release/train-step.ts';
import { markRunning } from '#release/update-run.ts';
import { trainQuickly } from '#training/train.ts';

export interface QuickTrainDeps extends TrainDeps {
  readonly runs: RunStore;
}

/**
 * Trains the first candidate that can be fitted, small and on a sample: a commit that can't be trained at
 * all is found in seconds.
 *
 * Throws `NoCandidateFitted`, `OutOfTime`, `SettingsInvalid`, `DataInvalid`, `ArtifactMissing`, `ArtifactCorrupt`, `ArtifactInvalid`.
 */
export const quickTrain = (deps: QuickTrainDeps) =>
  recorded(
    {
      ...STEPS.QuickTrain,
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async (input, { secondsLeft }) => {
      await markRunning(deps, input.run.runId);
      const trained = trainQuickly(await trainingInput(deps, input, secondsLeft));
      return storeTraining(deps, 'quick', trained, null);
    },
  );
