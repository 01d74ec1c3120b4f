export type TrackingStage = 'CI' | 'CD' | 'Deploy';

export interface TrackingRun {
  /** Makes the write idempotent: one tracking run a key. */
  readonly key: string;
  readonly model: string;
  readonly name: string;
  readonly stage: TrackingStage;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  /** Values by step, from 0, of further metrics: one a fold. */
  readonly curves?: Readonly<Record<string, readonly number[]>>;
  /** Must hold commit_sha, stage, dataset_window, seed, model_version. */
  readonly tags: Readonly<Record<string, string>>;
  readonly files: readonly TrackingFile[];
  /** The model that the run trained: kept as a folder that `mlflow.pyfunc` loads, under `model/`. */
  readonly artifact?: TrackingArtifact;
}

export interface TrackingArtifact {
  /** As they are stored; they are kept unchanged. */
  readonly bytes: Uint8Array;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
}

export interface TrackingFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

export interface TrackedRun {
  readonly trackingRunId: string;
  readonly name: string;
  readonly stage: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Those by which its model is loaded under `model/`. */
  readonly files: readonly string[];
}

export interface TrackingAliases {
  readonly champion: number | null;
  readonly challenger: number | null;
  readonly previous: number | null;
}

/**
 * MLflow. Throws `TrackingUnavailable` after bounded retries, `TrackingRefused` on a 4xx, and
 * `ArtifactInvalid` where a run's artifact is none.
 */
export interface Tracking {
  /** Writes a finished run with everything in it; the same key again returns the same run. */
  record(run: TrackingRun): Promise<{ readonly trackingRunId: string }>;
  /** Registers the registry's version (tag `titleholder.version`) once; returns MLflow's number. */
  registerVersion(of: {
    readonly model: string;
    readonly version: number;
    readonly sha256: string;
    readonly trackingRunId: string;
    readonly commit: string;
    readonly description: string;
  }): Promise<{ readonly trackingVersion: number }>;
  /** Points the aliases at the registry's versions; null removes an alias. */
  setAliases(model: string, aliases: TrackingAliases): Promise<void>;
  /** In the registry's version numbers; undefined when MLflow doesn't know the model. */
  aliases(model: string): Promise<TrackingAliases | undefined>;
  setTag(trackingRunId: string, key: string, value: string): Promise<void>;
  runs(query: {
    readonly model?: string;
    readonly stage?: string;
    readonly commit?: string;
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<{ readonly runs: readonly TrackedRun[]; readonly cursor?: string }>;
  run(trackingRunId: string): Promise<TrackedRun | undefined>;
  healthy(): Promise<boolean>;
}
