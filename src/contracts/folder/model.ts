/**
 * `model.json` of a model folder.
 *
 * Strict, as its neighbours: an unknown field is refused with its path, so that a misspelt one can't be silently off.
 */
import * as z from 'zod';
import { Candidate, MAX_CANDIDATES, SearchSpace } from './candidate.ts';
import { ColumnName, ModelName } from './names.ts';

const HoldoutShare = z.number().min(0.05).max(0.5).default(0.2);

/** Rows judge or train by the hash of their identity. */
const IdentitySplit = z.strictObject({
  by: z.literal('identity').optional(),
  holdout: HoldoutShare,
  epoch: z.int().min(1).default(1),
});

/** The last share of the days judges. Each window of days is an epoch of its own. */
const TimeSplit = z.strictObject({
  by: z.literal('time'),
  holdout: HoldoutShare,
  /** Groups that were there before the window judge in it too; absent: their later rows do neither. */
  returning: z.literal(true).optional(),
});

/** What a user edits to bring their own table. All but `candidates` and `space` belongs to the charter. */
export const ModelDocument = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  name: ModelName,
  title: z.string().min(1).max(120),
  target: ColumnName,
  /** The value of the target that counts as 1. */
  positive: z.string().min(1),
  /** Who a row is: its group if declared, else its key, else itself where `row` says so, else all feature columns. */
  identity: z.strictObject({
    group: z.array(ColumnName).min(1).optional(),
    key: z.array(ColumnName).min(1).optional(),
    /** Each row is its own, equal rows too: people who are alike. */
    row: z.literal(true).optional(),
    time: ColumnName.optional(),
  }),
  data: z.union([
    z.strictObject({ path: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.(?:csv|parquet)$/) }),
    z.strictObject({
      generator: z.literal('claims'),
      rows: z.int().min(200).max(1_000_000),
      seed: z.int().min(0),
    }),
  ]),
  split: z.discriminatedUnion('by', [IdentitySplit, TimeSplit]),
  plan: z.strictObject({
    primaryMetric: z.literal('auc'),
    alpha: z.number().gt(0).lt(0.5).default(0.05),
    margin: z.number().min(0).max(0.5).default(0.01),
    replicates: z.int().min(200).max(20_000).default(2000),
    folds: z.int().min(2).max(20).default(3),
    /** How often the training rows are folded anew; absent: once. Few rows need more. */
    repeats: z.int().min(1).max(10).optional(),
    threshold: z
      .union([z.number().min(0).max(1), z.enum(['max-f1', 'max-accuracy', 'youden'])])
      .default('max-accuracy'),
    /** The share of rows, those of the highest scores, whose precision is `precisionAtK`. */
    k: z.number().gt(0).max(1).default(0.1),
  }),
  /** The run's master seed; 0 is a seed. */
  seed: z.int().min(0).max(4_294_967_295),
  quick: z.strictObject({
    rows: z.int().min(200).max(100_000).default(1000),
    trees: z.int().min(1).max(100).default(10),
    maxDepth: z.int().min(1).max(40).default(5),
  }),
  candidates: z.array(Candidate).min(1).max(MAX_CANDIDATES),
  /** Where the policy's retuning looks further. */
  space: SearchSpace.optional(),
});
export type ModelDocument = z.infer<typeof ModelDocument>;
