/** The HTTP API: request bodies and parameters. Answers are plain JSON; errors RFC 9457 problems. */
import * as z from 'zod';
import { Cause } from './events.ts';
import { ModelName, Sha256 } from './folder/names.ts';

/** A full commit or a prefix of at least 7 hex digits; the server resolves it. */
const CommitLike = z.string().regex(/^[0-9a-f]{7,40}$/, 'a commit is 7 to 40 hex digits');

/** POST /pipeline/uploads: asks for URLs to put a commit's objects to. */
export const UploadsBody = z.strictObject({
  model: ModelName,
  objects: z
    .array(
      z.strictObject({
        kind: z.enum(['bundles', 'data', 'reports']),
        sha256: Sha256,
        bytes: z.int().min(1),
      }),
    )
    .min(1)
    .max(3),
});

/** POST /pipeline/commit. The submitter is the token's subject, never a field. */
export const CommitBody = z.strictObject({
  model: ModelName,
  commit: CommitLike,
  branch: z.string().min(1).max(255).default('main'),
  bundle: Sha256,
  data: Sha256,
  ciReport: Sha256,
  cause: Cause.default('push'),
});

/** POST /pipeline/start: the event of a stored commit again. */
export const StartBody = z.strictObject({ model: ModelName, commit: CommitLike.optional() });

/** POST /pipeline/{run}/approve|continue|cancel|resume|accept. */
export const DecisionBody = z.strictObject({
  reason: z.string().trim().min(1).max(1000).optional(),
  /** The evaluation's digest that the person looked at; sent, it must still be the one asked about. */
  digest: Sha256.optional(),
});
/** POST /pipeline/{run}/reject: a reason is mandatory. */
export const RejectBody = z.strictObject({
  reason: z.string().trim().min(1).max(1000),
  digest: Sha256.optional(),
});

/** POST /pipeline/rollback. */
export const RollbackBody = z.strictObject({
  model: ModelName,
  /** The version that served when the person looked, and that is to be left; another one serving is 409. */
  from: z.int().min(1),
  to: z.int().min(1).optional(),
  reason: z.string().trim().min(1).max(1000),
  environment: z.literal('production').default('production'),
});

/** 1e999, which JSON reads as Infinity, is refused where the row and the column are known. */
const JsonNumber = z.custom<number>((value) => typeof value === 'number', 'must be a number');
const Cell = z.union([z.string(), JsonNumber, z.boolean(), z.null()]);
/** A row by column name; columns of the model's table that are no features may come along. */
export const PredictRow = z.record(z.string(), Cell);
export type PredictRow = Readonly<z.output<typeof PredictRow>>;
/** POST /predict: our own `records`, or MLflow's two shapes. */
export const PredictBody = z.union([
  z.strictObject({ records: z.array(PredictRow).min(1).max(1000) }),
  z.strictObject({ dataframe_records: z.array(PredictRow).min(1).max(1000) }),
  z.strictObject({
    dataframe_split: z.strictObject({
      columns: z.array(z.string()).min(1),
      data: z.array(z.array(Cell)).min(1).max(1000),
      index: z.array(z.unknown()).optional(),
    }),
  }),
]);

/** Of a request. */
export const MAX_BODY_BYTES = 1024 * 1024;
