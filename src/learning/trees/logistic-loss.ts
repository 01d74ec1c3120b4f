/** The logistic loss: where every row stands, its gradient and hessian, and both as whole numbers that share a double. */
import type { Packing } from './histogram.ts';

/** Steps beyond ±300 count as these, and odds as e^±300: so their products stay numbers. */
const MOST_STEP = 300;
const MOST_ODDS = exponential(MOST_STEP);
const LEAST_ODDS = 1 / MOST_ODDS;

/** e to the power of x, within ±300: unlike Math.exp the same, to the last bit, on every engine. */
function exponential(x: number): number {
  const k = Math.round(x / Math.LN2);
  const rest = x - k * Math.LN2;
  let series = 1;
  for (let n = 14; n > 0; n -= 1) series = 1 + (rest * series) / n;
  return 2 ** k * series;
}

/** What the odds against a row are multiplied by when `step` is added to its score. */
export function oddsFactor(step: number): number {
  return exponential(Math.min(Math.max(-step, -MOST_STEP), MOST_STEP));
}

/** Rows that go through the loop together: a function that is entered often is compiled as a whole. */
const BLOCK = 2048;

/**
 * What boosting knows of each row: the odds against it, e^(−score), so that a tree that is added costs a
 * multiplication a row and no power of e.
 *
 * The gradient is probability − label, the hessian probability × (1 − probability).
 */
export class LogisticLoss {
  /** By row of the table: gradient, hessian and 1, see `Packing`. */
  readonly packed: Float64Array;
  /** What was multiplied to make whole numbers. */
  gradientScale = 1;
  hessianScale = 1;
  readonly #packing: Packing;
  readonly #labels: Uint8Array;
  readonly #against: Float64Array;
  /** The largest gradient and hessian that the last round met. */
  readonly #largest = Float64Array.of(1, 0.25);
  /** The most that odds were multiplied or divided by since. */
  #growth = 1;
  /** Gradient and hessian of some rows. */
  readonly #sums = new Float64Array(2);

  /** `against`: the odds that every row starts from. */
  constructor(labels: Uint8Array, against: number, packing: Packing) {
    this.packed = new Float64Array(labels.length);
    this.#packing = packing;
    this.#labels = labels;
    this.#against = new Float64Array(labels.length).fill(against);
  }

  /**
   * Packs the gradients of `rows` for the `round`th time.
   *
   * Rounding is up or down by a share of each row's own, spread evenly over rows and rounds (a Weyl
   * sequence), so that its errors cancel in sums.
   */
  pack(rows: Int32Array, round: number): void {
    // Neither grows faster than the odds: d log p / d score and d log h / d score are at most 1.
    const growth = this.#growth * (1 + 1e-9);
    const largest = this.#largest;
    this.gradientScale = this.#packing.topGradient / Math.min(1, (largest[0] ?? 1) * growth);
    this.hessianScale = this.#packing.topHessian / Math.min(0.25, (largest[1] ?? 1) * growth);
    this.#growth = 1;
    largest.fill(0);
    for (let start = 0; start < rows.length; start += BLOCK) {
      const block = rows.subarray(start, start + BLOCK);
      // Fractions of 2^32 by the golden ratio and by the square root of 2.
      const u = Math.imul(round, 0x3c6ef372) + Math.imul(start, 0x9e3779b9);
      const v = Math.imul(round, 0x1b873593) + Math.imul(start, 0x6a09e667);
      packBlock(block, this.#labels, this.#against, this, this.#packing, largest, u | 0, v | 0);
    }
  }

  /**
   * −Σ gradient / max(Σ hessian, `leastHessian`) + `l2`, of rows[start … end − 1], exact: Newton's step of
   * their scores.
   */
  newtonStep(
    rows: Int32Array,
    start: number,
    end: number,
    leastHessian: number,
    l2: number,
  ): number {
    const sums = this.#sums;
    sumUp(rows, start, end, this.#labels, this.#against, sums);
    const [gradient = 0, hessian = 0] = sums;
    // Where every row is sure to the last bit there is no hessian left to divide by.
    return gradient === 0 ? 0 : -gradient / (Math.max(hessian, leastHessian) + l2);
  }

  /** Multiplies the odds against rows[start … end − 1], which `oddsFactor` gave. */
  move(rows: Int32Array, start: number, end: number, factor: number): void {
    this.#growth = Math.max(this.#growth, factor, 1 / factor);
    multiply(rows, start, end, factor, this.#against);
  }

  /** Mean log loss over rows. */
  mean(rows: Int32Array): number {
    let sum = 0;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] ?? 0;
      const against = this.#against[row] ?? 0;
      sum += Math.log1p(this.#labels[row] === 1 ? against : 1 / against);
    }
    return sum / rows.length;
  }
}

/** Nothing follows the loop: what did would be compiled before it ever ran, and undo the loop's code. */
function packBlock(
  rows: Int32Array,
  labels: Uint8Array,
  against: Float64Array,
  { packed, gradientScale, hessianScale }: LogisticLoss,
  { hessianUnit, countUnit }: Packing,
  largest: Float64Array,
  startU: number,
  startV: number,
): void {
  let u = startU;
  let v = startV;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] ?? 0;
    const gradient = 1 / (1 + (against[row] ?? 0)) - (labels[row] ?? 0);
    const size = Math.abs(gradient);
    const hessian = size * (1 - size);
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

function sumUp(
  rows: Int32Array,
  start: number,
  end: number,
  labels: Uint8Array,
  against: Float64Array,
  sums: Float64Array,
): void {
  let gradients = 0;
  let hessians = 0;
  for (let i = start; i < end; i += 1) {
    const row = rows[i] ?? 0;
    const gradient = 1 / (1 + (against[row] ?? 0)) - (labels[row] ?? 0);
    const size = Math.abs(gradient);
    gradients += gradient;
    hessians += size * (1 - size);
  }
  sums[0] = gradients;
  sums[1] = hessians;
}

function multiply(
  rows: Int32Array,
  start: number,
  end: number,
  factor: number,
  against: Float64Array,
): void {
  for (let i = start; i < end; i += 1) {
    const row = rows[i] ?? 0;
    const odds = (against[row] ?? 0) * factor;
    against[row] = odds > MOST_ODDS ? MOST_ODDS : odds < LEAST_ODDS ? LEAST_ODDS : odds;
  }
}
