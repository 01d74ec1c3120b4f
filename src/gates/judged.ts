/** What every gate may read of the evidence: the plan, and the models with their metrics. */
import * as z from 'zod';
import { CONFUSION_CELLS, eachMetric, METRIC_NAMES, TOP_SHARE } from '#domain/metrics.ts';

export const MetricName = z.enum(METRIC_NAMES);

/** Null where there is no such number; NaN never gets into a document. */
export const Measurable = z.union([z.number(), z.null()]);

const NOT_MEASURED = 'not measured';

/** A value with its bounds, each leaving out the plan's α; null, with a reason, where there is none. */
export const MetricValue = z.object({
  value: Measurable,
  lower: Measurable,
  upper: Measurable,
  reason: z.string().exactOptional(),
});
export type MetricValue = z.infer<typeof MetricValue>;

/** Whether the evidence lacks a metric, because it is older than the metric's entry in the list. */
export function isUnmeasured(metric: MetricValue | undefined): boolean {
  return metric === undefined || (metric.value === null && metric.reason === NOT_MEASURED);
}

/** A model's metrics on the holdout. Read back, a metric that the document lacks is one not measured. */
export const ModelMetrics = z.object({
  threshold: z.number(),
  metrics: z.object(
    eachMetric(() =>
      MetricValue.default({ value: null, lower: null, upper: null, reason: NOT_MEASURED }),
    ),
  ),
  /** Counts at the threshold; null where the scores are unusable. */
  confusion: z.union([z.null(), z.record(z.enum(CONFUSION_CELLS), z.number())]),
});
export type ModelMetrics = z.infer<typeof ModelMetrics>;

/** By what a challenger is measured; the charter's, copied into the evidence. */
export const MeasurePlan = z.object({
  primaryMetric: z.literal('auc'),
  /** One-sided; each bound leaves out this share. */
  alpha: z.number(),
  /** How much worse still counts as no worse. */
  margin: z.number(),
  replicates: z.number(),
  /** Above 0, at most 1: the share of rows, those of the highest scores, whose precision is `precisionAtK`. */
  k: z.number().default(TOP_SHARE),
});
export type MeasurePlan = z.infer<typeof MeasurePlan>;

export interface JudgedModels {
  readonly plan: MeasurePlan;
  readonly challenger: ModelMetrics;
  readonly champion: (ModelMetrics & { readonly version: number }) | null;
  readonly baselines: readonly (ModelMetrics & { readonly name: string })[];
}
