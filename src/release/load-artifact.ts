/** A stored model, checked against the run that claims to have trained it. */
import type { DataReference, RunReference, TrainingReference } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import { type Artifact, decodeArtifact } from '#learning/pipeline/artifact.ts';
import { withNamedErrors } from '#learning/named-errors.ts';

export interface LoadedArtifact {
  readonly sha256: string;
  readonly bytes: Uint8Array;
  readonly artifact: Artifact;
}

/** Throws `ArtifactMissing`, `ArtifactCorrupt`, `ArtifactInvalid`. */
export async function loadArtifact(
  artifacts: ArtifactStore,
  sha256: string,
): Promise<LoadedArtifact> {
  const bytes = await artifacts.get('models', sha256);
  return { sha256, bytes, artifact: withNamedErrors(() => decodeArtifact(bytes)) };
}

/**
 * The artifact that a training step handed over. Its provenance must name this run, so a step that trained
 * something else, or nothing, is refused here.
 *
 * Throws `ProvenanceMismatch` and what `loadArtifact` throws.
 */
export async function loadTrained(
  artifacts: ArtifactStore,
  run: RunReference,
  data: DataReference,
  training: TrainingReference,
): Promise<LoadedArtifact> {
  const loaded = await loadArtifact(artifacts, training.artifact);
  const { provenance, trainingManifest } = loaded.artifact;
  const differences: readonly (readonly [string, unknown, unknown])[] = [
    ['model', provenance.model, run.model],
    ['commit', provenance.commit, run.commit],
    ['bundle', provenance.bundle, run.bundle],
    ['data', provenance.data, run.data],
    ['asOf', provenance.asOf, run.asOf],
    ['stage', provenance.stage, training.stage],
    ['candidate', provenance.candidate, training.candidate],
    ['training manifest', trainingManifest, data.trainingManifest],
  ];
  const different = differences.find(([, found, expected]) => found !== expected);
  if (different !== undefined) {
    const step = training.stage === 'quick' ? 'QuickTrain' : 'FullTrain';
    throw new TitleholderError(
      'ProvenanceMismatch',
      `${step} handed over an artifact of another ${different[0]} than run ${run.runId} has`,
      { step, runId: run.runId },
    );
  }
  return loaded;
}
