/** How good scores (probabilities of the positive class) are against labels (0 or 1). */
import {
  type Confusion,
  eachMetric,
  type LabelMetricName,
  type MetricName,
  recordFrom,
  TOP_SHARE,
} from '#domain/metrics.ts';
import { METRICS } from '#domain/metric-list.ts';
import { LearningError } from '#learning/errors.ts';
import { auc, METRIC_FUNCTIONS, precisionAmong } from './functions.ts';
import { rankingOf } from './ranking.ts';

export type Metrics = Readonly<Record<MetricName, number>>;

/** Refuses what can't be measured: `ScoresInvalid` with the row, `OneClass` where AUC has no meaning. */
export function checkScores(scores: Float64Array, labels: Uint8Array): void {
  if (scores.length !== labels.length) {
    throw new LearningError('ScoresInvalid', `${scores.length} scores for ${labels.length} labels`);
  }
  let positives = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const score = scores[row] ?? Number.NaN;
    if (!(score >= 0 && score <= 1)) {
      throw new LearningError('ScoresInvalid', `the score of row ${row} is not from 0 to 1`);
    }
    const label = labels[row] ?? 2;
    if (label > 1)
      throw new LearningError('ScoresInvalid', `the label of row ${row} is neither 0 nor 1`);
    positives += label;
  }
  if (positives === 0 || positives === labels.length) {
    throw new LearningError('OneClass', `all ${labels.length} rows are of one class`);
  }
}

/** Counts of right and wrong labels; a score of the threshold or more is the positive class. */
export function confusion(scores: Float64Array, labels: Uint8Array, threshold: number): Confusion {
  checkScores(scores, labels);
  const counts = [0, 0, 0, 0];
  for (let row = 0; row < labels.length; row += 1) {
    const cell = (labels[row] ?? 0) * 2 + ((scores[row] ?? 0) >= threshold ? 1 : 0);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const [trueNegatives = 0, falsePositives = 0, falseNegatives = 0, truePositives = 0] = counts;
  return { truePositives, falsePositives, trueNegatives, falseNegatives };
}

const LABEL_METRICS: readonly LabelMetricName[] = METRICS.flatMap((metric) =>
  metric.needs === 'threshold' ? [metric.name] : [],
);

/** The metrics of labels. */
export function labelMetrics(counts: Confusion): Pick<Metrics, LabelMetricName> {
  return recordFrom(LABEL_METRICS, (name) => {
    const metric = METRIC_FUNCTIONS[name];
    return metric.from === 'labels' ? metric.of(counts) : Number.NaN;
  });
}

/** AUC; NaN where one class is missing. Scores may be any numbers. */
export function aucOf(scores: Float64Array, labels: Uint8Array): number {
  return auc(rankingOf(scores, labels));
}

/**
 * Precision among the k rows of the highest scores; where k cuts through equal scores, the expected value
 * over their order. Throws `SettingsInvalid` for a k that isn't from 1 to the number of rows,
 * `ScoresInvalid` and `OneClass`.
 */
export function precisionAt(k: number, scores: Float64Array, labels: Uint8Array): number {
  checkScores(scores, labels);
  if (!(Number.isInteger(k) && k >= 1 && k <= labels.length)) {
    throw new LearningError(
      'SettingsInvalid',
      `k is a whole number from 1 to ${labels.length} rows, not ${k}`,
      'k',
    );
  }
  return precisionAmong(k, rankingOf(scores, labels));
}

/** Precision among the k rows of the highest scores, over the share of positives; as `precisionAt`. */
export function liftAt(k: number, scores: Float64Array, labels: Uint8Array): number {
  let positives = 0;
  for (const label of labels) positives += label;
  return (precisionAt(k, scores, labels) * labels.length) / positives;
}

/** Every metric. Those of the highest scores look at the share `k` of the rows. Throws `ScoresInvalid` and `OneClass`. */
export function metricsOf(
  scores: Float64Array,
  labels: Uint8Array,
  threshold: number,
  k = TOP_SHARE,
): Metrics {
  checkScores(scores, labels);
  const ranking = rankingOf(scores, labels);
  const counts = confusion(scores, labels, threshold);
  return eachMetric((name) => {
    const metric = METRIC_FUNCTIONS[name];
    switch (metric.from) {
      case 'ranking':
        return metric.of(ranking, k);
      case 'labels':
        return metric.of(counts);
      case 'rows': {
        let sum = 0;
        for (let row = 0; row < labels.length; row += 1) {
          sum += metric.meanOf(scores[row] ?? 0, labels[row] ?? 0);
        }
        return sum / labels.length;
      }
    }
  });
}
