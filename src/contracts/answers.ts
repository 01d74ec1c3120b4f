/** What the HTTP API answers, as far as the command line reads it; more fields may come. */
import * as z from 'zod';
import { ROUTE_ROLES } from '#domain/pointer.ts';
import { Verdict } from '#gates/verdict.ts';
import { Measured, Timings } from './evidence.ts';
import { CommitDocument, RunDocument } from './run.ts';
import { ServingRouteDocument } from './serving-route.ts';
import { EvaluationReference } from './steps.ts';

export const RunAnswer = RunDocument.loose();
export type RunAnswer = z.infer<typeof RunAnswer>;

export const RunsAnswer = z.looseObject({
  runs: z.array(RunAnswer),
  cursor: z.string().optional(),
});

export const StepAnswer = z.looseObject({
  name: z.string(),
  status: z.string(),
  startedAt: z.string().nullish(),
  endedAt: z.string().nullish(),
  seconds: z.number().nullish(),
  error: z.string().nullish(),
  cause: z.string().nullish(),
});
export type StepAnswer = z.infer<typeof StepAnswer>;

/** One item of the Map that trains candidates. */
const CandidateAnswer = StepAnswer.extend({
  attempt: z.int(),
  meanAuc: z.number().nullable(),
  standardError: z.number().nullable(),
  notFitted: z.string().nullable(),
  chosen: z.boolean(),
});
export type CandidateAnswer = z.infer<typeof CandidateAnswer>;

export const PendingAnswer = z.looseObject({
  kind: z.enum(['approval', 'continue', 'acceptance']),
  digest: z.string(),
  requestedAt: z.string(),
  expiresAt: z.string(),
  required: z.int(),
  decisions: z.array(
    z.looseObject({ actor: z.string(), choice: z.string(), reason: z.string(), at: z.string() }),
  ),
  question: z.looseObject({ kind: z.string(), summary: z.string() }).optional(),
});

export const StatusAnswer = z.looseObject({
  run: RunAnswer,
  commit: CommitDocument.loose(),
  steps: z.array(StepAnswer),
  candidates: z.array(CandidateAnswer).default([]),
  outputs: z.record(z.string(), z.unknown()),
  pending: PendingAnswer.nullable(),
  evaluation: EvaluationReference.nullable(),
});
export type StatusAnswer = z.infer<typeof StatusAnswer>;

export const EvidenceAnswer = z.looseObject({
  measured: Measured,
  timings: Timings,
  verdict: EvaluationReference.extend(Verdict.shape).loose(),
});

export const StartedAnswer = z.looseObject({
  runId: z.string(),
  duplicate: z.boolean(),
  message: z.string(),
});
export type StartedAnswer = z.infer<typeof StartedAnswer>;

export const DecidedAnswer = z.looseObject({
  runId: z.string(),
  status: z.string(),
  message: z.string(),
});
export type DecidedAnswer = z.infer<typeof DecidedAnswer>;

export const UploadsAnswer = z.looseObject({
  uploads: z.array(
    z.looseObject({
      kind: z.string(),
      sha256: z.string(),
      /** Null when the object is stored already. */
      url: z.string().nullable(),
      headers: z.record(z.string(), z.string()).nullish(),
    }),
  ),
});

export const RolledBackAnswer = z.looseObject({
  version: z.int(),
  sha256: z.string(),
  previousVersion: z.int().nullable(),
  sequence: z.int(),
  message: z.string(),
});

const PointerAnswer = z.looseObject({
  routes: z.array(ServingRouteDocument),
  slot: z.enum(['staging', 'production']),
  revision: z.int(),
  version: z.int(),
  sha256: z.string(),
  updatedAt: z.string(),
});

export const EntryAnswer = z.looseObject({
  model: z.string(),
  sequence: z.int(),
  prevHash: z.string().nullable(),
  hash: z.string(),
  kind: z.string(),
  at: z.string(),
  actor: z.string(),
  authority: z.enum(['approval', 'policy', 'break-glass', 'person', 'alarm']),
  reason: z.string(),
  decisionId: z.string(),
  runId: z.string().nullable(),
  commit: z.string().nullable(),
  version: z.int().nullable(),
  sha256: z.string().nullable(),
  previousVersion: z.int().nullable(),
  evidence: z.looseObject({ measured: z.string(), timings: z.string() }).nullable(),
  charter: z.string().nullable(),
  schemaVersion: z.literal(1),
});
export type EntryAnswer = z.infer<typeof EntryAnswer>;

export const ChampionAnswer = z.looseObject({
  model: z.string(),
  production: PointerAnswer.nullable(),
  staging: PointerAnswer.nullable(),
  since: EntryAnswer.nullable(),
  /** Versions that were rolled back from and not cleared since. */
  quarantined: z.array(z.int()),
});
export type ChampionAnswer = z.infer<typeof ChampionAnswer>;

export const LedgerAnswer = z.looseObject({
  entries: z.array(EntryAnswer),
  verification: z.looseObject({ ok: z.boolean() }),
});

export const HealthAnswer = z.looseObject({
  status: z.string(),
  stage: z.string(),
  model: z.string(),
  version: z.int().nullable(),
  sha256: z.string().nullable(),
  routes: z.array(ServingRouteDocument),
  code: z.string().nullish(),
});

export const PredictAnswer = z.looseObject({
  predictions: z.array(
    z.looseObject({ id: z.string(), probability: z.number(), label: z.string() }),
  ),
  model: z.string(),
  version: z.int(),
  sha256: z.string(),
  role: z.enum(ROUTE_ROLES),
  stage: z.string(),
});
