/** How each metric is computed. Definitions are scikit-learn's; test/fixtures/metrics holds its values. */
import type { Confusion, MetricName } from '#domain/metrics.ts';
import type { Ranking } from './ranking.ts';

/** Of scores, of labels, or the mean of something that each row has. */
export type MetricFunction =
  /** @param k the share of the rows that a metric of the highest scores looks at */
  | { readonly from: 'ranking'; readonly of: (ranking: Ranking, k: number) => number }
  | { readonly from: 'labels'; readonly of: (counts: Confusion) => number }
  | { readonly from: 'rows'; readonly meanOf: (score: number, label: number) => number };

/** One a metric. */
export const METRIC_FUNCTIONS: Readonly<Record<MetricName, MetricFunction>> = {
  auc: { from: 'ranking', of: auc },
  accuracy: { from: 'labels', of: accuracy },
  f1: { from: 'labels', of: f1 },
  precision: { from: 'labels', of: precision },
  recall: { from: 'labels', of: recall },
  prAuc: { from: 'ranking', of: averagePrecision },
  logLoss: { from: 'rows', meanOf: logLossOf },
  brier: { from: 'rows', meanOf: (score, label) => (score - label) * (score - label) },
  precisionAtK: { from: 'ranking', of: precisionAtShare },
  ece: { from: 'ranking', of: calibrationError },
};

/** Log loss clips probabilities to [ε, 1 − ε], ε = 2^−52, as scikit-learn does for doubles. */
const LOG_LOSS_CLIP = 2 ** -52;
/** Of the expected calibration error: of equal width, so that a draw of rows doesn't move them. */
const CALIBRATION_BINS = 10;

/**
 * The share of pairs that are in the right order, ties half (Mann and Whitney 1947); NaN where a class has
 * no row. Its sum is whole numbers, so it is exact below 2^53.
 */
export function auc({ positives, negatives }: Ranking): number {
  let above = 0;
  let below = 0;
  let twiceWon = 0;
  for (let i = 0; i < positives.length; i += 1) {
    const tiedPositives = positives[i] ?? 0;
    const tiedNegatives = negatives[i] ?? 0;
    // A negative loses against every positive above it.
    twiceWon += tiedNegatives * (2 * above + tiedPositives);
    above += tiedPositives;
    below += tiedNegatives;
  }
  return twiceWon / (2 * above * below);
}

/** The area under the staircase of precision over recall, without interpolation; NaN without a positive. */
function averagePrecision({ positives, negatives }: Ranking): number {
  let above = 0;
  let seen = 0;
  let sum = 0;
  for (let i = 0; i < positives.length; i += 1) {
    const tied = positives[i] ?? 0;
    above += tied;
    seen += tied + (negatives[i] ?? 0);
    if (tied > 0) sum += (tied * above) / seen;
  }
  return sum / above;
}

/** Precision among the share k of the rows, at least one, with the highest scores; see `precisionAmong`. */
function precisionAtShare(ranking: Ranking, k: number): number {
  const { positives, negatives } = ranking;
  let rows = 0;
  for (let i = 0; i < positives.length; i += 1) rows += (positives[i] ?? 0) + (negatives[i] ?? 0);
  return precisionAmong(Math.max(1, Math.round(k * rows)), ranking);
}

/**
 * Precision among so many rows with the highest scores.
 *
 * Where the number cuts through equal scores, it is the expected value over their order (McSherry and
 * Najork 2008): chance among equals neither helps nor harms.
 */
export function precisionAmong(rows: number, { positives, negatives }: Ranking): number {
  let above = 0;
  let positivesAbove = 0;
  for (let i = 0; i < positives.length; i += 1) {
    const tiedPositives = positives[i] ?? 0;
    const tied = tiedPositives + (negatives[i] ?? 0);
    if (above + tied >= rows) {
      return (positivesAbove + (tiedPositives * (rows - above)) / tied) / rows;
    }
    above += tied;
    positivesAbove += tiedPositives;
  }
  return Number.NaN;
}

/**
 * The expected calibration error: how far a bin's mean score is from its share of positives, over the rows
 * of ten bins of equal width (Naeini, Cooper and Hauskrecht 2015). A bin's upper edge is in it.
 */
function calibrationError({ scores, positives, negatives }: Ranking): number {
  let rows = 0;
  let bin = CALIBRATION_BINS - 1;
  let gap = 0;
  let gaps = 0;
  for (let i = 0; i < scores.length; i += 1) {
    const score = scores[i] ?? 0;
    while (bin > 0 && !(score > bin / CALIBRATION_BINS)) {
      gaps += Math.abs(gap);
      gap = 0;
      bin -= 1;
    }
    const tiedPositives = positives[i] ?? 0;
    const tied = tiedPositives + (negatives[i] ?? 0);
    gap += score * tied - tiedPositives;
    rows += tied;
  }
  return (gaps + Math.abs(gap)) / rows;
}

/** What one row adds to log loss. */
export function logLossOf(score: number, label: number): number {
  const clipped = Math.min(Math.max(score, LOG_LOSS_CLIP), 1 - LOG_LOSS_CLIP);
  return -Math.log(label === 1 ? clipped : 1 - clipped);
}

function accuracy(counts: Confusion): number {
  const right = counts.truePositives + counts.trueNegatives;
  return share(right, right + counts.falsePositives + counts.falseNegatives);
}

function f1({ truePositives, falsePositives, falseNegatives }: Confusion): number {
  return share(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives);
}

function precision({ truePositives, falsePositives }: Confusion): number {
  return share(truePositives, truePositives + falsePositives);
}

function recall({ truePositives, falseNegatives }: Confusion): number {
  return share(truePositives, truePositives + falseNegatives);
}

/** What would divide by 0 is 0, as in scikit-learn. */
function share(part: number, all: number): number {
  return all === 0 ? 0 : part / all;
}
