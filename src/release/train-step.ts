/** What the training steps share: where their rows come from and where their model goes. */
import type { DataReference, RunReference, TrainingReference } from '#contracts/steps.ts';
import { readManifest } from '#dataset/register.ts';
import type { FitKind } from '#domain/fit-kind.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { TrainedModel, TrainingInput } from '#training/train.ts';
import { loadFolder } from './load-folder.ts';
import type { StepDeps } from './recorded-step.ts';
import { withoutHoldout } from './unseen-holdout.ts';

export interface TrainDeps extends StepDeps {
  readonly artifacts: ArtifactStore;
  /** Digest of the code that trains: after a deployment in between, `resume` trains with the new code. */
  readonly code: string;
  /** Seconds since any fixed moment. */
  readonly stopwatch: () => number;
}

/** Throws `ArtifactMissing`, `ArtifactCorrupt`, `BadInput`. */
export async function trainingInput(
  deps: TrainDeps,
  { run, data }: { readonly run: RunReference; readonly data: DataReference },
  secondsLeft: () => number,
): Promise<TrainingInput> {
  const artifacts = withoutHoldout(deps.artifacts, { run, data });
  const { model, commit, bundle, asOf } = run;
  return {
    folder: await loadFolder(artifacts, run),
    training: await artifacts.get('data', data.training),
    trainingManifest: data.trainingManifest,
    identity: readManifest(await artifacts.get('data', data.trainingManifest)).identity,
    provenance: { model, commit, bundle, data: run.data, code: deps.code, asOf },
    stopwatch: deps.stopwatch,
    secondsLeft,
  };
}

/** Throws `ArtifactCorrupt`. */
export async function storeTraining(
  { artifacts }: TrainDeps,
  kind: FitKind,
  { artifact: bytes, sha256, candidate, report }: TrainedModel,
  charts: string | null,
): Promise<TrainingReference> {
  const artifact = await artifacts.put('models', bytes);
  if (artifact !== sha256) {
    throw new TitleholderError('ArtifactCorrupt', 'the stored artifact has another hash');
  }
  return {
    stage: kind,
    artifact,
    candidate,
    report: await artifacts.put('reports', report),
    charts,
  };
}
