/**
 * What the HTTP API answers, once: handlers answer in these types, and clients read by these schemas.
 *
 * A client drops fields that it doesn't know, so that an API may learn to say more; only a ledger
 * entry keeps them, because its hash is over all of them.
 */
import * as z from 'zod';
import { APPROVAL_KINDS } from '#domain/approval.ts';
import { ROUTE_ROLES, SLOTS } from '#domain/pointer.ts';
import type { ServingHealth } from '#domain/ports/serving.ts';
import type { TrackedRun } from '#domain/ports/tracking.ts';
import { Verdict } from '#gates/verdict.ts';
import { Measured, Timings } from './evidence.ts';
import type { FieldsOf } from './fields-of.ts';
import { Sha256 } from './folder/names.ts';
import { EntryDocument, PointerDocument } from './registry.ts';
import { CommitDocument, RunDocument } from './run.ts';
import { ServingRouteDocument } from './serving-route.ts';
import { EvaluationReference } from './steps.ts';

/** A schema infers lists that may be written; an answer is only read. */
export type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;

/** RFC 9457; what every refusal is. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** One line. */
  detail: z.string(),
  /** The literal name of the error. */
  error: z.string().exactOptional(),
  details: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .exactOptional(),
});
export type Problem = Immutable<z.output<typeof Problem>>;

export const UploadsAnswer = z.object({
  uploads: z.array(
    z.object({
      kind: z.enum(['bundles', 'data', 'reports']),
      sha256: z.string(),
      /** Takes the bytes by PUT for a short time; null when the object is stored already. */
      url: z.string().nullable(),
      headers: z.record(z.string(), z.string()),
    }),
  ),
});
export type UploadsAnswer = Immutable<z.output<typeof UploadsAnswer>>;

/** Of a commit that was taken, and of a stored one that was started again. */
export const StartedAnswer = z.object({
  runId: z.string(),
  duplicate: z.boolean(),
  message: z.string(),
});
export type StartedAnswer = Immutable<z.output<typeof StartedAnswer>>;

/** Of a decision about a run: what the run, or the question it waits with, is now. */
export const DecidedAnswer = z.object({
  runId: z.string(),
  status: z.string(),
  message: z.string(),
});
export type DecidedAnswer = Immutable<z.output<typeof DecidedAnswer>>;

export const RolledBackAnswer = z.object({
  version: z.int(),
  sha256: z.string(),
  previousVersion: z.int().nullable(),
  sequence: z.int(),
  message: z.string(),
});
export type RolledBackAnswer = Immutable<z.output<typeof RolledBackAnswer>>;

/** The latest runs first. */
export const RunsAnswer = z.object({
  runs: z.array(RunDocument),
  /** Asks for the page after this one. */
  cursor: z.string().exactOptional(),
});
export type RunsAnswer = Immutable<z.output<typeof RunsAnswer>>;

/**
 * idle: not reached · queued: waits for its turn · awaiting_approval: waits for a person · cancelled:
 * ended with its run, by a person or a later commit, or with its Map; nothing failed in it.
 */
const StepStatus = z.enum([
  'idle',
  'queued',
  'running',
  'success',
  'failed',
  'skipped',
  'awaiting_approval',
  'cancelled',
]);
export type StepStatus = z.output<typeof StepStatus>;

/** A task of the machine, or a Map as one step, as a run came through it. */
const ShownStep = z.object({
  name: z.string(),
  status: StepStatus,
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  seconds: z.number().nullable(),
  error: z.string().exactOptional(),
  /** One line of why it failed. */
  cause: z.string().exactOptional(),
});
export type ShownStep = Immutable<z.output<typeof ShownStep>>;

/** A candidate as a step of its own: one item of the Map that trains them; its name is the candidate's. */
const ShownCandidate = ShownStep.extend({
  /** 1 for the folder's own, then one more with each retuning. */
  attempt: z.int(),
  /** Mean AUC over folds of the training rows; null before it is scored. */
  meanAuc: z.number().nullable(),
  /** Of that mean; null too before there is a leaderboard, and for a single fold. */
  standardError: z.number().nullable(),
  /** Why the training rows don't let it be fitted: no failure of its step. */
  notFitted: z.string().nullable(),
  chosen: z.boolean(),
});
export type ShownCandidate = Immutable<z.output<typeof ShownCandidate>>;

/** What a run waits for a person with. */
const OpenQuestion = z.object({
  kind: z.enum(APPROVAL_KINDS),
  /** What a decision is bound to. */
  digest: z.string(),
  requestedAt: z.string(),
  expiresAt: z.string(),
  /** So many people must approve. */
  required: z.int(),
  decisions: z.array(
    z.object({
      id: z.string(),
      actor: z.string(),
      choice: z.enum(['approve', 'reject']),
      reason: z.string(),
      at: z.string(),
    }),
  ),
  /** Of an acceptance: the changed charter or holdout, with the difference in words. */
  question: z
    .object({
      kind: z.enum(['charter', 'holdout']),
      digest: z.string(),
      summary: z.string(),
    })
    .exactOptional(),
});
export type OpenQuestion = Immutable<z.output<typeof OpenQuestion>>;

/** As the machine's state has it. */
const ShownEvaluation = EvaluationReference.extend({
  champion: z.object({ version: z.int(), sha256: z.string(), revision: z.int() }).nullable(),
}).strip();

export const StatusAnswer = z.object({
  run: RunDocument,
  commit: CommitDocument,
  steps: z.array(ShownStep),
  candidates: z.array(ShownCandidate),
  /** By step: what it handed on. */
  outputs: z.record(z.string(), z.unknown()),
  pending: OpenQuestion.nullable(),
  evaluation: ShownEvaluation.nullable(),
});
export type StatusAnswer = Immutable<z.output<typeof StatusAnswer>>;

/** Both documents of the evidence, and the whole verdict on them. */
export const EvidenceAnswer = z.object({
  measured: Measured,
  timings: Timings,
  verdict: Verdict.extend(ShownEvaluation.shape),
});
export type EvidenceAnswer = z.output<typeof EvidenceAnswer>;

export const ChampionAnswer = z.object({
  model: z.string(),
  /** The moment that was asked for; absent: now. */
  at: z.string().exactOptional(),
  production: PointerDocument.nullable(),
  staging: PointerDocument.nullable(),
  /** The entry by which production's version came to serve. */
  since: EntryDocument.nullable(),
  /** Versions that were rolled back from and not cleared since. */
  quarantined: z.array(z.int()),
});
export type ChampionAnswer = Immutable<z.output<typeof ChampionAnswer>>;

export const LedgerAnswer = z.object({
  entries: z.array(EntryDocument),
  /** Where the chain ends; null: it has no entry. Kept elsewhere, it is what a later chain must hold. */
  head: z.object({ sequence: z.int(), hash: Sha256 }).nullable(),
  /** Of the whole chain up to its head. */
  verification: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), length: z.int() }),
    z.object({ ok: z.literal(false), sequence: z.int(), problem: z.string() }),
  ]),
});
export type LedgerAnswer = Immutable<z.output<typeof LedgerAnswer>>;

/** A run as MLflow has it. */
export const TrackedRunAnswer = z.object({
  trackingRunId: z.string(),
  name: z.string(),
  stage: z.string(),
  status: z.string(),
  startedAt: z.string().nullable(),
  params: z.record(z.string(), z.string()),
  metrics: z.record(z.string(), z.number()),
  tags: z.record(z.string(), z.string()),
  /** Those by which its model is loaded under `model/`. */
  files: z.array(z.string()),
} satisfies FieldsOf<TrackedRun>) satisfies z.ZodType<TrackedRun>;

export const TrackedRunsAnswer = z.object({
  runs: z.array(TrackedRunAnswer),
  cursor: z.string().exactOptional(),
});

const ShownAliases = z.object({
  champion: z.int().nullable(),
  challenger: z.int().nullable(),
  previous: z.int().nullable(),
});

/** Production's pointer beside MLflow's aliases, and what they should be. */
export const TrackedChampionAnswer = z.object({
  model: z.string(),
  pointer: PointerDocument.nullable(),
  aliases: ShownAliases,
  expected: ShownAliases,
  agree: z.boolean(),
  message: z.string(),
});
export type TrackedChampionAnswer = Immutable<z.output<typeof TrackedChampionAnswer>>;

const DefinedStep = z.object({
  name: z.string(),
  comment: z.string().nullable(),
  /** Null where the time-out comes with the run. */
  timeoutSeconds: z.int().nullable(),
  /** Its token is answered by somebody else. */
  waits: z.boolean(),
});
export type DefinedStep = Immutable<z.output<typeof DefinedStep>>;

/** The machine's tasks, and its Maps as one step each, in the order of its definition. */
export const StepsAnswer = z.object({ steps: z.array(DefinedStep) });

export const ClaimsAnswer = z.object({
  claims: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  seed: z.int(),
});

const HealthCheck = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() });

/** A slot's health as the machine's own steps and the model's readers see it. */
export const DetailedHealth = z.object({
  status: z.enum(['ok', 'degraded', 'empty']),
  /** The slot. */
  stage: z.enum(SLOTS),
  model: z.string(),
  version: z.int().nullable(),
  sha256: z.string().nullable(),
  routes: z.array(ServingRouteDocument),
  code: z.string(),
  checks: z.array(HealthCheck),
  memoryMb: z.number(),
}) satisfies z.ZodType<ServingHealth>;

/** As everybody may see it: without what each check found, without memory, and of no model too. */
export const HealthAnswer = DetailedHealth.extend({
  model: z.string().nullable(),
  checks: z.array(HealthCheck.partial({ detail: true })),
}).partial({ memoryMb: true });
export type HealthAnswer = Immutable<z.output<typeof HealthAnswer>>;

export const PredictAnswer = z.object({
  /** In the rows' order; label is a value of the target, or `not <positive>` where several others are left. */
  predictions: z.array(z.object({ id: z.string(), probability: z.number(), label: z.string() })),
  model: z.string(),
  version: z.int(),
  sha256: z.string(),
  /** What the version that scored the rows is to the slot. */
  role: z.enum(ROUTE_ROLES),
  /** The slot. */
  stage: z.enum(SLOTS),
});
export type PredictAnswer = Immutable<z.output<typeof PredictAnswer>>;
