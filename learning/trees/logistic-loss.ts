/** Gradients of the logistic loss, exact and as whole numbers that share a double. */
import type { Packing } from './histogram.ts';

/** 2^(i / 64), and 2^(i − 64): small tables, so that they don't drive the rows out of the cache. */
const FRACTIONS = Float64Array.from({ length: 64 }, (_, i) => 2 ** (i / 64));
const POWERS = Float64Array.from({ length: 128 }, (_, i) => 2 ** (i - 64));

/** e to the power of a score, to 12 digits, faster than Math.exp; scores beyond ±40 count as ±40. */
function exponential(score: number): number {
  const x = score > 40 ? 40 : score < -40 ? -40 : score;
  const k = Math.floor(x * (64 / Math.LN2) + 0.5);
  const rest = x - k * (Math.LN2 / 64);
  const series = 1 + rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest * (1 / 24))));
  return (POWERS[(k >> 6) + 64] ?? 0) * (FRACTIONS[k & 63] ?? 0) * series;
}

/** Rows that go through the loop together: a function that is entered often is compiled as a whole. */
const BLOCK = 2048;

/** Probability − label of every row, and the same packed with its hessian, probability × (1 − probability). */
export class Gradients {
  /** By row of the table, exact. */
  readonly exact: Float64Array;
  /** By row of the table, see `Packing`. */
  readonly packed: Float64Array;
  /** What was multiplied to make whole numbers. */
  gradientScale = 1;
  hessianScale = 1;
  readonly #packing: Packing;
  readonly #labels: Uint8Array;
  /** The largest gradient and hessian that the last round met. */
  readonly #largest = Float64Array.of(1, 0.25);

  constructor(labels: Uint8Array, packing: Packing) {
    this.exact = new Float64Array(labels.length);
    this.packed = new Float64Array(labels.length);
    this.#packing = packing;
    this.#labels = labels;
  }

  /**
   * Writes those of `rows` for the `round`th time; `step` is the most that a score moved since the last.
   *
   * Rounding is up or down by a share of each row's own, spread evenly over rows and rounds (a Weyl
   * sequence), so that its errors cancel in sums.
   */
  write(rows: Int32Array, scores: Float64Array, round: number, step: number): void {
    // Neither grows faster than e^step: d log p / d score and d log h / d score are at most 1.
    const growth = Math.exp(step) * (1 + 1e-9);
    const largest = this.#largest;
    this.gradientScale = this.#packing.topGradient / Math.min(1, (largest[0] ?? 1) * growth);
    this.hessianScale = this.#packing.topHessian / Math.min(0.25, (largest[1] ?? 1) * growth);
    largest.fill(0);
    for (let start = 0; start < rows.length; start += BLOCK) {
      const block = rows.subarray(start, start + BLOCK);
      // Fractions of 2^32 by the golden ratio and by the square root of 2.
      const u = Math.imul(round, 0x3c6ef372) + Math.imul(start, 0x9e3779b9);
      const v = Math.imul(round, 0x1b873593) + Math.imul(start, 0x6a09e667);
      writeBlock(block, this.#labels, scores, this, this.#packing, largest, u | 0, v | 0);
    }
  }
}

/** Nothing follows the loop: what did would be compiled before it ever ran, and undo the loop's code. */
function writeBlock(
  rows: Int32Array,
  labels: Uint8Array,
  scores: Float64Array,
  { exact, packed, gradientScale, hessianScale }: Gradients,
  { hessianUnit, countUnit }: Packing,
  largest: Float64Array,
  startU: number,
  startV: number,
): void {
  let u = startU;
  let v = startV;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] ?? 0;
    const gradient = 1 / (1 + exponential(-(scores[row] ?? 0))) - (labels[row] ?? 0);
    const size = Math.abs(gradient);
    const hessian = size * (1 - size);
    exact[row] = gradient;
    if (size > (largest[0] ?? 0)) largest[0] = size;
    if (hessian > (largest[1] ?? 0)) largest[1] = hessian;
    u = (u + 0x9e3779b9) | 0;
    v = (v + 0x6a09e667) | 0;
    packed[row] =
      countUnit +
      Math.floor(hessian * hessianScale + (v >>> 0) * 2 ** -32) * hessianUnit +
      Math.floor(gradient * gradientScale + (u >>> 0) * 2 ** -32);
  }
}

/** Mean log loss of scores (log odds) over rows. */
export function logLoss(scores: Float64Array, labels: Uint8Array, rows: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] ?? 0;
    const score = scores[row] ?? 0;
    const away = labels[row] === 1 ? -score : score;
    sum += Math.max(away, 0) + Math.log1p(Math.exp(-Math.abs(away)));
  }
  return sum / rows.length;
}
