/** The `measured` document as it is read back: what a verdict may be decided on again. */
import * as z from 'zod';
import { MetricName, Sha256 } from './folder.ts';
import type { Measured } from '#domain/evidence.ts';
import { CONFUSION_CELLS, eachMetric, TOP_SHARE } from '#domain/metrics.ts';
import { parseJson } from './parse.ts';

const Value = z.union([z.number(), z.null()]);
const MetricValue = z.object({
  value: Value,
  lower: Value,
  upper: Value,
  reason: z.string().exactOptional(),
});

/** Evidence from before a metric was in the list lacks it. */
const Measurable = MetricValue.default({
  value: null,
  lower: null,
  upper: null,
  reason: 'not measured',
});

const Spread = z.object({ mean: z.number(), deviation: z.number() });

const measures = {
  threshold: z.number(),
  metrics: z.object(eachMetric(() => Measurable)),
  confusion: z.union([z.null(), z.record(z.enum(CONFUSION_CELLS), z.number())]),
};

const MeasuredDocument: z.ZodType<Measured> = z.object({
  schemaVersion: z.literal(1),
  model: z.string(),
  commit: z.union([z.string(), z.null()]),
  bundle: z.union([Sha256, z.null()]),
  charter: Sha256,
  code: z.string(),
  data: z.object({ training: Sha256, holdout: Sha256 }),
  seeds: z.object({ master: z.number() }),
  asOf: z.union([z.string(), z.null()]),
  plan: z.object({
    primaryMetric: z.literal('auc'),
    alpha: z.number(),
    margin: z.number(),
    replicates: z.number(),
    k: z.number().default(TOP_SHARE),
  }),
  rows: z.object({ total: z.number(), positive: z.number(), groups: z.number() }),
  challenger: z.object({ ...measures, sha256: Sha256 }),
  champion: z.union([z.null(), z.object({ ...measures, version: z.int(), sha256: Sha256 })]),
  baselines: z.array(z.object({ ...measures, name: z.string() })),
  paired: z.array(
    z.object({
      against: z.string(),
      metric: MetricName,
      estimate: Value,
      lower: Value,
      upper: Value,
      standardError: Value,
      replicates: z.number(),
      alpha: z.number(),
      rowsToSettle: Value,
      reason: z.string().exactOptional(),
    }),
  ),
  importance: z
    .union([
      z.null(),
      z.object({
        rows: z.int(),
        repeats: z.int(),
        columns: z.array(
          z.object({
            column: z.string(),
            challenger: z.union([z.null(), Spread]),
            champion: z.union([z.null(), Spread]),
          }),
        ),
      }),
    ])
    .default(null),
  scores: Sha256,
  checks: z.array(
    z.object({
      name: z.string(),
      mode: z.enum(['warn', 'enforce']),
      passed: z.boolean(),
      message: z.string(),
    }),
  ),
});

/** Throws `BadInput` where the bytes are no measured evidence. */
export function readMeasured(bytes: Uint8Array): Measured {
  return parseJson(MeasuredDocument, bytes, 'the measured evidence');
}
