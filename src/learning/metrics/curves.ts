/** How labels would turn out at every threshold: ROC, precision and recall, lift. */
import { checkScores, labelMetrics } from './metrics.ts';
import { orderByScore } from './ranking.ts';

/** Counts at each threshold that makes a difference: the distinct scores, falling. */
export interface ThresholdCounts {
  readonly thresholds: Float64Array;
  /** Rows of either class with a score of the threshold or more. */
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
  readonly positives: number;
  readonly negatives: number;
}

/** Counts the labels at every threshold. Throws `ScoresInvalid` with the row, and `OneClass`. */
export function countThresholds(scores: Float64Array, labels: Uint8Array): ThresholdCounts {
  checkScores(scores, labels);
  const order = orderByScore(scores);
  const thresholds = new Float64Array(order.length);
  const truePositives = new Float64Array(order.length);
  const falsePositives = new Float64Array(order.length);
  let n = 0;
  let positives = 0;
  order.forEach((row, i) => {
    positives += labels[row] ?? 0;
    const score = scores[row] ?? 0;
    if (scores[order[i + 1] ?? -1] === score) return;
    thresholds[n] = score;
    truePositives[n] = positives;
    falsePositives[n] = i + 1 - positives;
    n += 1;
  });
  return {
    thresholds: thresholds.slice(0, n),
    truePositives: truePositives.slice(0, n),
    falsePositives: falsePositives.slice(0, n),
    positives,
    negatives: order.length - positives,
  };
}

export interface RocCurve {
  /** From 0 to 1, in equal length; straight lines between the points are the curve, its area is AUC. */
  readonly falsePositiveRate: Float64Array;
  readonly truePositiveRate: Float64Array;
}

/** From (0, 0), where nothing is positive, to (1, 1); a point a distinct score (Fawcett 2006). */
export function rocCurve(counts: ThresholdCounts): RocCurve {
  return {
    falsePositiveRate: startingAt0(counts.falsePositives.map((n) => n / counts.negatives)),
    truePositiveRate: startingAt0(counts.truePositives.map((n) => n / counts.positives)),
  };
}

export interface ThresholdCurve {
  readonly thresholds: Float64Array;
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly f1: Float64Array;
  readonly accuracy: Float64Array;
  /** Of all rows, the share labelled positive. */
  readonly share: Float64Array;
  /** Precision over the share of positives in all rows: how many times better than chance. */
  readonly lift: Float64Array;
}

/**
 * The metrics that depend on a threshold, a value a distinct score, falling.
 *
 * (recall, precision) is the precision–recall curve as a staircase, whose area is average precision;
 * (share, lift) the lift curve; (share, recall) the gain curve.
 */
export function thresholdCurve(counts: ThresholdCounts): ThresholdCurve {
  const { thresholds, truePositives, falsePositives, positives, negatives } = counts;
  const rows = positives + negatives;
  const at = Array.from(thresholds, (_, i) => {
    const tp = truePositives[i] ?? 0;
    const fp = falsePositives[i] ?? 0;
    return {
      ...labelMetrics({
        truePositives: tp,
        falsePositives: fp,
        trueNegatives: negatives - fp,
        falseNegatives: positives - tp,
      }),
      share: (tp + fp) / rows,
    };
  });
  return {
    thresholds,
    precision: Float64Array.from(at, (m) => m.precision),
    recall: Float64Array.from(at, (m) => m.recall),
    f1: Float64Array.from(at, (m) => m.f1),
    accuracy: Float64Array.from(at, (m) => m.accuracy),
    share: Float64Array.from(at, (m) => m.share),
    lift: Float64Array.from(at, (m) => (m.precision * rows) / positives),
  };
}

function startingAt0(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length + 1);
  out.set(values, 1);
  return out;
}
