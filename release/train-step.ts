/** The two training steps differ in their stage only. */
import { TrainInput, Training } from '../contracts/steps.ts';
import { readManifest } from '../dataset/register.ts';
import { TitleholderError } from '../domain/errors.ts';
import type { ArtifactStore } from '../domain/ports.ts';
import { train } from '../trial/train.ts';
import { loadFolder } from './load-folder.ts';
import { recorded, type StepDeps } from './recorded-step.ts';
import { markRunning } from './update-run.ts';

export interface TrainDeps extends StepDeps {
  readonly artifacts: ArtifactStore;
  /** Digest of the code that trains. */
  readonly code: string;
  /** Seconds since any fixed moment. */
  readonly stopwatch: () => number;
}

/** Throws `SettingsInvalid`, `DataInvalid`, `ArtifactMissing`, `ArtifactCorrupt`, `ArtifactInvalid`. */
export const trainStep = (stage: 'quick' | 'full') => (deps: TrainDeps) =>
  recorded(
    {
      name: stage === 'quick' ? 'QuickTrain' : 'FullTrain',
      input: TrainInput,
      output: Training,
      // After a deployment in between, `resume` trains with the new code.
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async ({ run, data }) => {
      await markRunning(deps, run.runId);
      const folder = await loadFolder(deps.artifacts, run);
      const { model, commit, bundle, asOf } = run;
      const trained = train({
        folder,
        stage,
        training: await deps.artifacts.get('data', data.training),
        trainingManifest: data.trainingManifest,
        identity: readManifest(await deps.artifacts.get('data', data.trainingManifest)).identity,
        provenance: { model, commit, bundle, data: run.data, code: deps.code, asOf },
        stopwatch: deps.stopwatch,
      });
      const artifact = await deps.artifacts.put('models', trained.artifact);
      if (artifact !== trained.sha256) {
        throw new TitleholderError('ArtifactCorrupt', 'the stored artifact has another hash');
      }
      const report = await deps.artifacts.put('reports', trained.report);
      return { stage, artifact, candidate: trained.candidate, report };
    },
  );
