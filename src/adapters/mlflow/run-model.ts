/** A run's model, stored as files among the run's artifacts. */
import type { TrackingArtifact, TrackingFile } from '#domain/ports/tracking.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { MODEL_FOLDER } from './files.ts';
import { modelFolder } from './pyfunc/model-folder.ts';

export interface RunModel {
  /** Its folder, once MLflow has named run and model. */
  filesOf(ids: { readonly runId: string; readonly modelId: string }): readonly TrackingFile[];
}

/** A run's model, decoded before anything is written. Throws `ArtifactInvalid`. */
export function readRunModel({ bytes, createdAt }: TrackingArtifact): RunModel {
  const artifact = withNamedErrors(() => decodeArtifact(bytes));
  return {
    filesOf: (ids) =>
      modelFolder({ bytes, artifact, createdAt, ...ids }).map((file) => ({
        ...file,
        path: `${MODEL_FOLDER}${file.path}`,
      })),
  };
}
