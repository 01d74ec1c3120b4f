/** How good scores are. Definitions are scikit-learn's; test/fixtures/metrics holds its values. */
import type { Confusion, MetricName } from '../../domain/evidence.ts';
import { LearningError } from '../errors.ts';

export type Metrics = Readonly<Record<MetricName, number>>;

/** Log loss clips probabilities to [ε, 1 − ε], ε = 2^−52, as scikit-learn does for doubles. */
export const LOG_LOSS_CLIP = 2 ** -52;

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

/** Rows by falling score; rows of equal score keep their order. */
export function orderByScore(scores: Float64Array): Uint32Array {
  const order = new Uint32Array(scores.length).map((_, i) => i);
  return order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}

/** What one row adds to log loss. */
export function logLossOf(score: number, label: number): number {
  const clipped = Math.min(Math.max(score, LOG_LOSS_CLIP), 1 - LOG_LOSS_CLIP);
  return -Math.log(label === 1 ? clipped : 1 - clipped);
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

/** Accuracy, F1, precision and recall; what would divide by 0 is 0, as in scikit-learn. */
export function labelMetrics(
  counts: Confusion,
): Pick<Metrics, 'accuracy' | 'f1' | 'precision' | 'recall'> {
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = counts;
  const share = (top: number, bottom: number): number => (bottom === 0 ? 0 : top / bottom);
  return {
    accuracy: share(tp + tn, tp + fp + tn + fn),
    f1: share(2 * tp, 2 * tp + fp + fn),
    precision: share(tp, tp + fp),
    recall: share(tp, tp + fn),
  };
}

/**
 * AUC and average precision in one pass over rows in falling order of score.
 *
 * `weights` counts a row so many times (absent: once). AUC gives ties half (Mann and Whitney 1947), and
 * its sum is whole numbers, so it is exact below 2^53. Both are NaN where one class has no weight.
 */
export function rankMetrics(
  order: Uint32Array,
  scores: Float64Array,
  labels: Uint8Array,
  weights?: ArrayLike<number>,
): Pick<Metrics, 'auc' | 'prAuc'> {
  let positives = 0;
  let negatives = 0;
  let twiceWon = 0;
  let precisionSum = 0;
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i] ?? 0] ?? 0;
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (; i < order.length; i += 1) {
      const row = order[i] ?? 0;
      if ((scores[row] ?? 0) !== score) break;
      const weight = weights === undefined ? 1 : (weights[row] ?? 0);
      if (labels[row] === 1) tiedPositives += weight;
      else tiedNegatives += weight;
    }
    // A negative loses against every positive above it.
    twiceWon += tiedNegatives * (2 * positives + tiedPositives);
    positives += tiedPositives;
    negatives += tiedNegatives;
    if (tiedPositives > 0) precisionSum += (tiedPositives * positives) / (positives + negatives);
  }
  return {
    auc: twiceWon / (2 * positives * negatives),
    prAuc: precisionSum / positives,
  };
}

/**
 * All eight metrics of scores (probabilities of the positive class) against labels (0 or 1).
 *
 * `prAuc` is average precision, without interpolation. Throws `ScoresInvalid` and `OneClass`.
 */
export function metricsOf(scores: Float64Array, labels: Uint8Array, threshold: number): Metrics {
  checkScores(scores, labels);
  const ranks = rankMetrics(orderByScore(scores), scores, labels);
  let loss = 0;
  let squares = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const score = scores[row] ?? 0;
    const label = labels[row] ?? 0;
    loss += logLossOf(score, label);
    squares += (score - label) * (score - label);
  }
  return {
    ...ranks,
    ...labelMetrics(confusion(scores, labels, threshold)),
    logLoss: loss / labels.length,
    brier: squares / labels.length,
  };
}
