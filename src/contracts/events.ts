/** Events on the bus, with the type each bears as `detail-type` and `source` titleholder. */
import * as z from 'zod';
import { MOVES } from '#domain/ledger.ts';
import { CommitSha, ModelName, Sha256, Timestamp } from './folder/names.ts';

export const EVENT_SOURCE = 'titleholder';
/** Our own limit; the bus would take 256 KB. */
export const MAX_EVENT_BYTES = 16 * 1024;

export const Cause = z
  .string()
  .regex(
    /^(push|data:sha256:[0-9a-f]{64}|schedule:[A-Za-z0-9:._-]{1,64}|drift:[A-Za-z0-9._-]{1,64})$/,
  );

/** Published by accept-commit alone; starts a run. */
export const CommitPushed = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  commit: CommitSha,
  branch: z.string().min(1).max(255),
  bundle: Sha256,
  data: Sha256,
  ciReport: Sha256,
  cause: Cause,
  asOf: Timestamp,
});
export type CommitPushed = z.infer<typeof CommitPushed>;

/** Published from the registry's outbox after a pointer moved; MLflow's mirror follows it. */
export const ChampionMoved = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  kind: z.enum([...MOVES.staging, ...MOVES.production]),
  version: z.int(),
  sha256: Sha256,
  previousVersion: z.union([z.int(), z.null()]),
  sequence: z.int(),
  runId: z.union([z.string(), z.null()]),
  actor: z.string(),
  reason: z.string(),
  at: Timestamp,
});
export type ChampionMoved = z.infer<typeof ChampionMoved>;

/** As above, after a gate or a person rejected a run; no pointer moved. */
export const RunRejected = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  kind: z.enum(['rejected', 'rejected_by_gate']),
  runId: z.string(),
  sequence: z.int(),
  /** The run's CD run in MLflow. */
  trackingRunId: z.string(),
  actor: z.string(),
  reason: z.string(),
  at: Timestamp,
});
export type RunRejected = z.infer<typeof RunRejected>;
