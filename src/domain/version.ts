/** A model's version: the registry's own number for an artifact, minted once. */
export interface Version {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly version: number;
  readonly sha256: string;
  readonly runId: string;
  readonly commit: string;
  readonly createdAt: string;
  /** MLflow's run that holds its metrics; MLflow's own version number follows by the mirror. */
  readonly trackingRunId: string | null;
}

/** The number of a model's next version: the registry's own counter, 1, 2, … */
export function nextVersion(versions: readonly Pick<Version, 'version'>[]): number {
  return versions.reduce((highest, { version }) => Math.max(highest, version), 0) + 1;
}
