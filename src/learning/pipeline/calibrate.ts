/** From a score to a probability that means what it says: sigmoid or isotonic. */
import { LearningError } from '#learning/errors.ts';

export type Calibrator =
  /** The logistic function of slope·score + intercept. */
  | { readonly kind: 'sigmoid'; readonly slope: number; readonly intercept: number }
  /** Linear between the points, flat outside; `x` ascends, `y` doesn't fall. At least one point. */
  | { readonly kind: 'isotonic'; readonly x: Float64Array; readonly y: Float64Array };

export type CalibratorKind = Calibrator['kind'];

/**
 * Fits a calibrator to scores of rows that the scoring model wasn't fitted on.
 *
 * `scores` are from 0 to 1 (NaN: row not scored, left out), `labels` 0 or 1, `weights` finite and not
 * negative (absent: 1 each). `sigmoid` is Platt 1999 with smoothed targets, by the Newton method of
 * Lin, Lin and Weng 2007; `isotonic` is least squares by pooling adjacent violators (Ayer et al. 1955),
 * equal scores first averaged to one point. Both agree with scikit-learn's `CalibratedClassifierCV`, but for
 * scores that fall with the class: there a sigmoid's slope is 0, so that no calibrator turns an order.
 * Throws `ScoresInvalid` with the row, and `OneClass`.
 */
export function fitCalibrator(
  kind: CalibratorKind,
  scores: Float64Array,
  labels: Uint8Array,
  weights?: Float64Array,
): Calibrator {
  const points = checkPoints(scores, labels, weights);
  return kind === 'sigmoid' ? fitSigmoid(points) : fitIsotonic(points);
}

/** The probability of a score, from 0 to 1; NaN stays NaN. */
export function calibrate(calibrator: Calibrator, score: number): number {
  if (calibrator.kind === 'sigmoid') {
    return 1 / (1 + Math.exp(-(calibrator.slope * score + calibrator.intercept)));
  }
  if (Number.isNaN(score)) return score;
  const { x, y } = calibrator;
  // The first point at or above the score.
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < score) low = middle + 1;
    else high = middle;
  }
  const right = y[low] ?? y[y.length - 1] ?? Number.NaN;
  if (low === 0 || low === x.length) return right;
  const start = x[low - 1] ?? 0;
  const left = y[low - 1] ?? 0;
  const share = (score - start) / ((x[low] ?? 0) - start);
  // Rounding may step over the right point, and past 1.
  return Math.min(left + share * (right - left), right);
}

/** Scores nearer than this are one point, as in scikit-learn (the resolution of a double). */
const SAME = 1e-15;

interface Points {
  readonly scores: Float64Array;
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
  /** Sums of weights. */
  readonly positive: number;
  readonly negative: number;
}

function checkPoints(scores: Float64Array, labels: Uint8Array, weights?: Float64Array): Points {
  const rows = scores.length;
  if (labels.length !== rows || (weights !== undefined && weights.length !== rows)) {
    throw new LearningError('ScoresInvalid', `${rows} scores need as many labels and weights`);
  }
  const sums = [0, 0];
  const used = new Int32Array(rows);
  let n = 0;
  for (let row = 0; row < rows; row += 1) {
    const score = scores[row] ?? Number.NaN;
    if (Number.isNaN(score)) continue;
    const label = labels[row] ?? 2;
    const weight = weights === undefined ? 1 : (weights[row] ?? Number.NaN);
    if (!(score >= 0 && score <= 1)) {
      throw new LearningError('ScoresInvalid', `the score of row ${row} is not from 0 to 1`);
    }
    if (label > 1) {
      throw new LearningError('ScoresInvalid', `the label of row ${row} is neither 0 nor 1`);
    }
    if (!(weight >= 0 && weight < Infinity)) {
      throw new LearningError('ScoresInvalid', `the weight of row ${row} is not from 0 on`);
    }
    if (weight === 0) continue;
    sums[label] = (sums[label] ?? 0) + weight;
    used[n] = row;
    n += 1;
  }
  const [negative = 0, positive = 0] = sums;
  if (negative === 0 || positive === 0) {
    throw new LearningError('OneClass', `all ${n} scored rows are of one class`);
  }
  const rowsUsed = used.subarray(0, n);
  return {
    scores: Float64Array.from(rowsUsed, (row) => scores[row] ?? 0),
    labels: Uint8Array.from(rowsUsed, (row) => labels[row] ?? 0),
    weights: Float64Array.from(rowsUsed, (row) => weights?.[row] ?? 1),
    positive,
    negative,
  };
}

/** Newton's method on two numbers, by centred and scaled scores so that its matrix is well conditioned. */
function fitSigmoid({ scores, labels, weights, positive, negative }: Points): Calibrator {
  const rows = scores.length;
  // Platt's targets: as if each class had been seen once more, in the other class.
  const high = (positive + 1) / (positive + 2);
  const low = 1 / (negative + 2);
  const { centred, mean, scale } = standardise(scores, weights, positive + negative);
  const lossAt = (slope: number, intercept: number): number => {
    let loss = 0;
    for (let i = 0; i < rows; i += 1) {
      const z = slope * (centred[i] ?? 0) + intercept;
      const target = labels[i] === 1 ? high : low;
      // −t log p − (1 − t) log(1 − p), with no exponential that overflows.
      const softplus = Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
      loss += (weights[i] ?? 0) * (softplus - target * z);
    }
    return loss;
  };

  let slope = 0;
  let intercept = Math.log((positive + 1) / (negative + 1));
  for (let round = 0; round < 100; round += 1) {
    let g0 = 0;
    let g1 = 0;
    // The addend leaves the slope at 0 where all scores are equal.
    let h00 = Number.MIN_VALUE;
    let h01 = 0;
    let h11 = Number.MIN_VALUE;
    for (let i = 0; i < rows; i += 1) {
      const score = centred[i] ?? 0;
      const p = 1 / (1 + Math.exp(-(slope * score + intercept)));
      const weight = weights[i] ?? 0;
      const difference = weight * (p - (labels[i] === 1 ? high : low));
      const curvature = weight * p * (1 - p);
      g0 += difference * score;
      g1 += difference;
      h00 += curvature * score * score;
      h01 += curvature * score;
      h11 += curvature;
    }
    const cross = h01 / h11;
    const step0 = -(g0 - cross * g1) / (h00 - cross * h01);
    const step1 = -(g1 + h01 * step0) / h11;
    const descent = g0 * step0 + g1 * step1;
    const loss = lossAt(slope, intercept);
    // This near the bottom the loss no longer shows a step's gain, and Newton's full step is the best.
    const near = !(descent < -1e-9 * loss);
    let size = 1;
    while (
      !near &&
      size > 1e-10 &&
      !(lossAt(slope + size * step0, intercept + size * step1) <= loss + 1e-4 * size * descent)
    ) {
      size /= 2;
    }
    slope += size * step0;
    intercept += size * step1;
    if (!(descent < -1e-20 * loss)) break;
  }
  // Out-of-fold scores of a weak model fall with the class by chance: a slope below 0 would turn its order.
  if (slope < 0) return constantAt(positive * high + negative * low, positive + negative);
  return { kind: 'sigmoid', slope: slope / scale, intercept: intercept - (slope * mean) / scale };
}

/** The best sigmoid that doesn't look at the score: the mean target. */
function constantAt(sum: number, total: number): Calibrator {
  return { kind: 'sigmoid', slope: 0, intercept: Math.log(sum / (total - sum)) };
}

function standardise(
  values: Float64Array,
  weights: Float64Array,
  total: number,
): { centred: Float64Array; mean: number; scale: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += (weights[i] ?? 0) * (values[i] ?? 0);
  const mean = sum / total;
  let squares = 0;
  for (let i = 0; i < values.length; i += 1) {
    const difference = (values[i] ?? 0) - mean;
    squares += (weights[i] ?? 0) * difference * difference;
  }
  const scale = Math.sqrt(squares / total);
  // A spread this small is the rounding of equal values.
  if (!(scale >= SAME)) return { centred: new Float64Array(values.length), mean, scale: 1 };
  return { centred: values.map((value) => (value - mean) / scale), mean, scale };
}

function fitIsotonic({ scores, labels, weights }: Points): Calibrator {
  const order = new Uint32Array(scores.length).map((_, i) => i);
  order.sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0) || a - b);
  const x = new Float64Array(order.length);
  const weight = new Float64Array(order.length);
  const sum = new Float64Array(order.length);
  let n = 0;
  for (const row of order) {
    const score = scores[row] ?? 0;
    if (n === 0 || score - (x[n - 1] ?? 0) >= SAME) {
      x[n] = score;
      n += 1;
    }
    weight[n - 1] = (weight[n - 1] ?? 0) + (weights[row] ?? 0);
    sum[n - 1] = (sum[n - 1] ?? 0) + (weights[row] ?? 0) * (labels[row] ?? 0);
  }

  // A stack of blocks; a new point swallows every block before it whose mean isn't below its own.
  const last = new Uint32Array(n);
  let blocks = 0;
  for (let i = 0; i < n; i += 1) {
    let w = weight[i] ?? 0;
    let s = sum[i] ?? 0;
    while (blocks > 0 && (sum[blocks - 1] ?? 0) * w >= s * (weight[blocks - 1] ?? 0)) {
      blocks -= 1;
      w += weight[blocks] ?? 0;
      s += sum[blocks] ?? 0;
    }
    // Blocks are never more than the points read, so their place is free.
    weight[blocks] = w;
    sum[blocks] = s;
    last[blocks] = i;
    blocks += 1;
  }

  // A block needs only its two ends.
  const keptX: number[] = [];
  const keptY: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const from = block === 0 ? 0 : (last[block - 1] ?? 0) + 1;
    const to = last[block] ?? 0;
    const mean = (sum[block] ?? 0) / (weight[block] ?? 1);
    for (const at of from === to ? [from] : [from, to]) {
      keptX.push(x[at] ?? 0);
      keptY.push(mean);
    }
  }
  return { kind: 'isotonic', x: Float64Array.from(keptX), y: Float64Array.from(keptY) };
}
