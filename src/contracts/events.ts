/**
 * Every event on the bus, once: its type, its detail, who may publish it and whom it is for.
 *
 * The publishers' roles, the bus's rules, the consumers' parsers and the README's table go by these.
 */
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

/** A commit was stored; starts a run. */
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

/** A pointer moved, by the registry's outbox; MLflow's mirror follows it. */
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

/** A gate or a person rejected a run, by the registry's outbox; no pointer moved. */
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

/** The detail of each type of event, which bears its name here as `detail-type`. */
export const EVENTS = { CommitPushed, ChampionMoved, RunRejected } as const;
export type EventType = keyof typeof EVENTS;

interface EventRoute {
  /** The functions whose roles may put it on the bus. */
  readonly from: readonly string[];
  /** The function that it is for. */
  readonly to: string;
}

export const EVENT_ROUTES: Readonly<Record<EventType, EventRoute>> = {
  CommitPushed: { from: ['accept-commit'], to: 'start-run' },
  ChampionMoved: { from: ['record-decision', 'deliver-outbox'], to: 'mirror-champion' },
  RunRejected: { from: ['record-decision', 'deliver-outbox'], to: 'mirror-champion' },
};

/** An event as the bus takes it. */
export interface EventOf<T extends EventType> {
  readonly type: T;
  readonly detail: z.output<(typeof EVENTS)[T]>;
}

/** An event as EventBridge hands it on. */
export function envelopeOf<T extends EventType>(type: T) {
  return z.looseObject({
    source: z.literal(EVENT_SOURCE),
    'detail-type': z.literal(type),
    detail: EVENTS[type],
  });
}

/** The types that the function of this name may publish. */
export function typesPublishedBy(functionName: string): readonly string[] {
  return typesWhere(({ from }) => from.includes(functionName));
}

/** The types that are for the function of this name. */
export function typesConsumedBy(functionName: string): readonly string[] {
  return typesWhere(({ to }) => to === functionName);
}

function typesWhere(holds: (route: EventRoute) => boolean): readonly string[] {
  return Object.entries(EVENT_ROUTES).flatMap(([type, route]) => (holds(route) ? [type] : []));
}
