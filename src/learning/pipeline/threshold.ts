/** Where probability becomes label. */

/** A fixed probability, or what to be best at on scores of training rows that the scoring trees didn't see. */
export type ThresholdRule = number | 'max-f1' | 'max-accuracy' | 'youden';

/**
 * The threshold that a rule gives on scores (NaN: row not scored, left out) and labels (0 or 1).
 *
 * `youden` is best in true positive rate − false positive rate (Youden 1950): a rule that doesn't know how
 * many rows are positive.
 * Candidates are the middles between neighbouring distinct scores, and "all positive" (0). Where several
 * are equally good, the one nearest 0.5 is taken, then the lower one. Counts are compared as whole
 * numbers, so no rounding decides.
 */
export function chooseThreshold(
  scores: Float64Array,
  labels: Uint8Array,
  rule: Exclude<ThresholdRule, number>,
): number {
  const order = new Uint32Array(scores.length)
    .map((_, i) => i)
    .filter((i) => !Number.isNaN(scores[i]));
  order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  let allPositives = 0;
  for (const row of order) allPositives += labels[row] ?? 0;

  const rows = order.length;
  /** What the rule is best at, as a fraction of whole numbers. */
  const merit = (truePositives: number, predicted: number): readonly [number, number] => {
    switch (rule) {
      case 'max-f1':
        return [2 * truePositives, Math.max(1, predicted + allPositives)];
      case 'max-accuracy':
        return [rows - predicted - allPositives + 2 * truePositives, 1];
      case 'youden': {
        const falsePositives = predicted - truePositives;
        return [truePositives * (rows - allPositives) - falsePositives * allPositives, 1];
      }
    }
  };
  let best = 0.5;
  let bestTop = -Infinity;
  let bestBottom = 1;
  const consider = (threshold: number, truePositives: number, predicted: number): void => {
    const [top, bottom] = merit(truePositives, predicted);
    const difference = top * bestBottom - bestTop * bottom;
    const nearer = Math.abs(threshold - 0.5) - Math.abs(best - 0.5);
    if (
      difference > 0 ||
      (difference === 0 && (nearer < 0 || (nearer === 0 && threshold < best)))
    ) {
      best = threshold;
      bestTop = top;
      bestBottom = bottom;
    }
  };
  const highest = scores[order[0] ?? 0] ?? 1;
  if (highest < 1) consider((highest + 1) / 2, 0, 0);
  let truePositives = 0;
  for (let i = 0; i < rows; i += 1) {
    truePositives += labels[order[i] ?? 0] ?? 0;
    const here = scores[order[i] ?? 0] ?? 0;
    if (i + 1 === rows) {
      consider(0, truePositives, i + 1);
      continue;
    }
    const below = scores[order[i + 1] ?? 0] ?? 0;
    if (below === here) continue;
    const middle = (below + here) / 2;
    consider(middle > below ? middle : here, truePositives, i + 1);
  }
  return best;
}
