/** How good scores are. Definitions are scikit-learn's; test/fixtures/metrics holds its values. */
import { type Confusion, type MetricName, TOP_SHARE } from '#domain/evidence.ts';
import { LearningError } from '#learning/errors.ts';

export type Metrics = Readonly<Record<MetricName, number>>;

/** Log loss clips probabilities to [ε, 1 − ε], ε = 2^−52, as scikit-learn does for doubles. */
export const LOG_LOSS_CLIP = 2 ** -52;

/** Of the expected calibration error: of equal width, so that a draw of rows doesn't move them. */
const CALIBRATION_BINS = 10;

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

/** How many of so many rows a share is: at least one. */
export function topRows(share: number, rows: number): number {
  return Math.max(1, Math.round(share * rows));
}

/** The bin of a score for the expected calibration error; its upper edge is in it. */
export function calibrationBin(score: number): number {
  let bin = 0;
  while (bin < CALIBRATION_BINS - 1 && score > (bin + 1) / CALIBRATION_BINS) bin += 1;
  return bin;
}

/**
 * Precision among the k rows of the highest scores.
 *
 * Where k cuts through equal scores, it is the expected value over their order (McSherry and Najork 2008):
 * chance among equals neither helps nor harms. Throws `SettingsInvalid` for a k that isn't from 1 to the
 * number of rows, `ScoresInvalid` and `OneClass`.
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
  return precisionAmong(k, orderByScore(scores), scores, labels);
}

/** Precision among the k rows of the highest scores, over the share of positives; as `precisionAt`. */
export function liftAt(k: number, scores: Float64Array, labels: Uint8Array): number {
  let positives = 0;
  for (const label of labels) positives += label;
  return (precisionAt(k, scores, labels) * labels.length) / positives;
}

function precisionAmong(
  k: number,
  order: Uint32Array,
  scores: Float64Array,
  labels: Uint8Array,
): number {
  let above = 0;
  let positivesAbove = 0;
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i] ?? 0] ?? 0;
    let tied = 0;
    let tiedPositives = 0;
    for (; i < order.length; i += 1) {
      const row = order[i] ?? 0;
      if ((scores[row] ?? 0) !== score) break;
      tied += 1;
      tiedPositives += labels[row] ?? 0;
    }
    if (above + tied >= k) return (positivesAbove + (tiedPositives * (k - above)) / tied) / k;
    above += tied;
    positivesAbove += tiedPositives;
  }
  return Number.NaN;
}

/**
 * All ten metrics of scores (probabilities of the positive class) against labels (0 or 1).
 *
 * `prAuc` is average precision, without interpolation; `precisionAtK` looks at the share `k` of the rows;
 * `ece` is the expected calibration error in ten bins of equal width (Naeini, Cooper and Hauskrecht 2015).
 * Throws `ScoresInvalid` and `OneClass`.
 */
export function metricsOf(
  scores: Float64Array,
  labels: Uint8Array,
  threshold: number,
  k = TOP_SHARE,
): Metrics {
  checkScores(scores, labels);
  const order = orderByScore(scores);
  const gaps = new Float64Array(CALIBRATION_BINS);
  let loss = 0;
  let squares = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const score = scores[row] ?? 0;
    const label = labels[row] ?? 0;
    loss += logLossOf(score, label);
    squares += (score - label) * (score - label);
    const bin = calibrationBin(score);
    gaps[bin] = (gaps[bin] ?? 0) + score - label;
  }
  return {
    ...rankMetrics(order, scores, labels),
    ...labelMetrics(confusion(scores, labels, threshold)),
    logLoss: loss / labels.length,
    brier: squares / labels.length,
    precisionAtK: precisionAmong(topRows(k, labels.length), order, scores, labels),
    ece: gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / labels.length,
  };
}
