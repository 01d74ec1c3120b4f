/** The minimum of L2-penalised log loss: Newton's method, its linear systems solved by conjugate gradients. */
import { LearningError } from '#learning/errors.ts';

/** The columns of a design matrix that one feature makes. */
export type Block =
  /** The number (0 where it is missing), and a column that is 1 at the gaps. */
  | {
      readonly kind: 'number';
      readonly width: 2;
      readonly values: Float64Array;
      readonly gaps: Int32Array;
    }
  /** Of `width` columns, the one of the row's code is 1. */
  | { readonly kind: 'one-hot'; readonly width: number; readonly codes: Int32Array };

/** A design matrix; its columns are the blocks' in their order, then one of 1s for the intercept. */
export interface Design {
  readonly rows: number;
  readonly blocks: readonly Block[];
}

export interface Optimum {
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

/** Steps after which a minimum that isn't found is given up; ten are usual. */
const MOST_STEPS = 200;

/**
 * Minimises Σ weight(label) · log loss + l2/2 · |coefficients|², the intercept not penalised.
 *
 * Newton's direction by conjugate gradients with the Hessian's diagonal as preconditioner (Nocedal and
 * Wright 2006, algorithm 7.1; Hsia, Chiang and Lin 2018), so a step costs a few passes over the cells,
 * however many levels there are. Stops where the diagonal's Newton decrement is below 1e-18. Throws
 * `SettingsInvalid` where it doesn't get there.
 */
export function minimise(
  design: Design,
  labels: Uint8Array,
  classWeights: readonly [number, number],
  l2: number,
): Optimum {
  const { rows, blocks } = design;
  const width = blocks.reduce((sum, block) => sum + block.width, 0) + 1;
  const penalty = new Float64Array(width).fill(l2);
  penalty[width - 1] = 0;
  let weights = new Float64Array(width);
  let sums = new Float64Array(rows);
  const residuals = new Float64Array(rows);
  const curvatures = new Float64Array(rows);
  const gradient = new Float64Array(width);
  const diagonal = new Float64Array(width);
  const image = new Float64Array(rows);

  const lossAt = (at: Float64Array, sumsAt: Float64Array): number => {
    let loss = 0;
    for (let row = 0; row < rows; row += 1) {
      const z = sumsAt[row] ?? 0;
      const label = labels[row] === 1 ? 1 : 0;
      const softplus = Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
      loss += classWeights[label] * (softplus - label * z);
    }
    for (let j = 0; j < width; j += 1) loss += ((penalty[j] ?? 0) * (at[j] ?? 0) ** 2) / 2;
    return loss;
  };
  const hessianTimes = (direction: Float64Array, out: Float64Array): void => {
    image.fill(0);
    addProduct(design, direction, image);
    for (let row = 0; row < rows; row += 1) {
      image[row] = (image[row] ?? 0) * (curvatures[row] ?? 0);
    }
    for (let j = 0; j < width; j += 1) out[j] = (penalty[j] ?? 0) * (direction[j] ?? 0);
    addTransposed(design, image, out, false);
  };

  let loss = lossAt(weights, sums);
  let first = 0;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    for (let row = 0; row < rows; row += 1) {
      const label = labels[row] === 1 ? 1 : 0;
      const p = 1 / (1 + Math.exp(-(sums[row] ?? 0)));
      residuals[row] = classWeights[label] * (p - label);
      curvatures[row] = classWeights[label] * p * (1 - p);
    }
    for (let j = 0; j < width; j += 1) gradient[j] = (penalty[j] ?? 0) * (weights[j] ?? 0);
    addTransposed(design, residuals, gradient, false);
    diagonal.set(penalty);
    addTransposed(design, curvatures, diagonal, true);
    let decrement = 0;
    for (let j = 0; j < width; j += 1) {
      const curvature = diagonal[j] ?? 0;
      if (curvature > 0) decrement += (gradient[j] ?? 0) ** 2 / curvature;
    }
    if (!(decrement > 1e-18)) {
      return { coefficients: weights.slice(0, -1), intercept: weights[width - 1] ?? 0 };
    }
    first = Math.max(first, decrement);
    // The nearer to the minimum, the more exact the direction: steps then converge quadratically.
    const tolerance = Math.min(0.1, Math.sqrt(decrement / first));
    const direction = conjugateGradients(hessianTimes, gradient, diagonal, tolerance);
    const slope = dot(gradient, direction);
    // This near the minimum the loss no longer shows a step's gain, and Newton's full step is the best.
    const near = !(slope < -1e-9 * loss);
    for (let size = 1; ; size /= 2) {
      const next = weights.map((weight, j) => weight + size * (direction[j] ?? 0));
      const nextSums = new Float64Array(rows);
      addProduct(design, next, nextSums);
      const nextLoss = lossAt(next, nextSums);
      if (near || nextLoss <= loss + 1e-4 * size * slope || size < 1e-10) {
        weights = next;
        sums = nextSums;
        loss = nextLoss;
        break;
      }
    }
  }
  throw new LearningError(
    'SettingsInvalid',
    `no minimum within ${MOST_STEPS} steps: l2 ${l2} is too small for these rows`,
    'l2',
  );
}

/** The direction d with Hessian · d = −gradient, up to the tolerance on the preconditioned residual. */
function conjugateGradients(
  hessianTimes: (direction: Float64Array, out: Float64Array) => void,
  gradient: Float64Array,
  diagonal: Float64Array,
  tolerance: number,
): Float64Array {
  const width = gradient.length;
  const solution = new Float64Array(width);
  const residual = gradient.map((value) => -value);
  const scaled = new Float64Array(width);
  const precondition = (): number => {
    for (let j = 0; j < width; j += 1) {
      const curvature = diagonal[j] ?? 0;
      scaled[j] = curvature > 0 ? (residual[j] ?? 0) / curvature : 0;
    }
    return dot(residual, scaled);
  };
  let norm = precondition();
  const target = norm * tolerance * tolerance;
  const direction = scaled.slice();
  const product = new Float64Array(width);
  // Exact after `width` rounds but for rounding; twice that is the end in any case.
  for (let round = 0; round < 2 * width && norm > target; round += 1) {
    hessianTimes(direction, product);
    const curvature = dot(direction, product);
    if (!(curvature > 0)) break;
    const length = norm / curvature;
    for (let j = 0; j < width; j += 1) {
      solution[j] = (solution[j] ?? 0) + length * (direction[j] ?? 0);
      residual[j] = (residual[j] ?? 0) - length * (product[j] ?? 0);
    }
    const next = precondition();
    const share = next / norm;
    for (let j = 0; j < width; j += 1) {
      direction[j] = (scaled[j] ?? 0) + share * (direction[j] ?? 0);
    }
    norm = next;
  }
  return solution;
}

/** out += design · weights */
function addProduct({ rows, blocks }: Design, weights: Float64Array, out: Float64Array): void {
  const intercept = weights[weights.length - 1] ?? 0;
  for (let row = 0; row < rows; row += 1) out[row] = (out[row] ?? 0) + intercept;
  let at = 0;
  for (const block of blocks) {
    if (block.kind === 'number') {
      const { values, gaps } = block;
      const weight = weights[at] ?? 0;
      const missing = weights[at + 1] ?? 0;
      for (let row = 0; row < rows; row += 1) {
        out[row] = (out[row] ?? 0) + weight * (values[row] ?? 0);
      }
      for (const row of gaps) out[row] = (out[row] ?? 0) + missing;
    } else {
      const { codes } = block;
      for (let row = 0; row < rows; row += 1) {
        out[row] = (out[row] ?? 0) + (weights[at + (codes[row] ?? 0)] ?? 0);
      }
    }
    at += block.width;
  }
}

/** out += designᵀ · rowValues; with `squared`, of the design's squares. */
function addTransposed(
  { rows, blocks }: Design,
  rowValues: Float64Array,
  out: Float64Array,
  squared: boolean,
): void {
  let at = 0;
  for (const block of blocks) {
    if (block.kind === 'number') {
      const { values, gaps } = block;
      let sum = 0;
      if (squared) {
        for (let row = 0; row < rows; row += 1) {
          const value = values[row] ?? 0;
          sum += value * value * (rowValues[row] ?? 0);
        }
      } else {
        for (let row = 0; row < rows; row += 1) sum += (values[row] ?? 0) * (rowValues[row] ?? 0);
      }
      out[at] = (out[at] ?? 0) + sum;
      let missing = 0;
      for (const row of gaps) missing += rowValues[row] ?? 0;
      out[at + 1] = (out[at + 1] ?? 0) + missing;
    } else {
      const { codes } = block;
      for (let row = 0; row < rows; row += 1) {
        const j = at + (codes[row] ?? 0);
        out[j] = (out[j] ?? 0) + (rowValues[row] ?? 0);
      }
    }
    at += block.width;
  }
  let sum = 0;
  for (let row = 0; row < rows; row += 1) sum += rowValues[row] ?? 0;
  out[at] = (out[at] ?? 0) + sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j += 1) sum += (a[j] ?? 0) * (b[j] ?? 0);
  return sum;
}
