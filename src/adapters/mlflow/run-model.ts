/** The model that a run bears, among the run's files. */
import type { TrackingRun } from '#domain/ports/tracking.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import { type Artifact, decodeArtifact } from '#learning/pipeline/artifact.ts';
import { modelFolder } from './pyfunc/model-folder.ts';

/** Where the files of a run's model show among its files. */
export const MODEL_FOLDER = 'model/';

/** A run's model together with its bytes. */
export interface RunModel {
  readonly bytes: Uint8Array;
  readonly artifact: Artifact;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
}

/** The run's model, decoded before anything is written. Throws `ArtifactInvalid`. */
export function readArtifact({ artifact }: TrackingRun): RunModel | undefined {
  if (artifact === undefined) return undefined;
  return { ...artifact, artifact: withNamedErrors(() => decodeArtifact(artifact.bytes)) };
}

/** The run with its model's files among its own, once MLflow has named run and model. */
export function withModelFolder(
  run: TrackingRun,
  model: RunModel,
  ids: { readonly runId: string; readonly modelId: string },
): TrackingRun {
  const files = modelFolder({ ...model, ...ids }).map((file) => ({
    ...file,
    path: `${MODEL_FOLDER}${file.path}`,
  }));
  return { ...run, files: [...run.files, ...files] };
}
