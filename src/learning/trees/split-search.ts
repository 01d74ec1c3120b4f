/** The best split of a node by its histogram: the second-order gain of Chen and Guestrin 2016. */

/** What a node's rows sum up to, in the histogram's whole numbers. */
export interface NodeSums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

/** What both sides of a split need; `l2` and `leastHessian` are scaled as the histogram's hessians are. */
export interface SideLimits {
  readonly minLeaf: number;
  readonly leastHessian: number;
  readonly l2: number;
}

/** The best split so far. */
export interface Split {
  /** Σ gradient² / (hessian + l2) over both sides; to be found, a split has to be above it. */
  score: number;
  /** −1 until one is found. */
  column: number;
  /** Bins up to it go left. */
  cut: number;
  /** 1 where missing goes left. */
  missingLeft: number;
  /** Sums of the left side. */
  gradient: number;
  hessian: number;
}

/**
 * Looks for a better split on one column: its bins, then its missing, stand from `first` on in the
 * histogram, a gradient, a hessian and a count each.
 *
 * Missing is tried on both sides; where the node has none, it follows the side of more rows.
 */
export function searchColumn(
  histogram: Float64Array,
  first: number,
  bins: number,
  column: number,
  sums: NodeSums,
  limits: SideLimits,
  best: Split,
): void {
  const missing = first + 3 * bins;
  if ((histogram[missing + 2] ?? 0) > 0) {
    searchSide(histogram, first, missing, column, 1, sums, limits, best);
  }
  searchSide(histogram, first, missing, column, 0, sums, limits, best);
}

/** Tries the cuts after each bin from `first` to before `missing`, whose rows go left where `missingLeft` is 1. */
function searchSide(
  histogram: Float64Array,
  first: number,
  missing: number,
  column: number,
  missingLeft: number,
  { gradient, hessian, count }: NodeSums,
  { minLeaf, leastHessian, l2 }: SideLimits,
  best: Split,
): void {
  let leftGradient = missingLeft === 1 ? (histogram[missing] ?? 0) : 0;
  let leftHessian = missingLeft === 1 ? (histogram[missing + 1] ?? 0) : 0;
  let leftCount = missingLeft === 1 ? (histogram[missing + 2] ?? 0) : 0;
  let score = best.score;
  let found = -1;
  for (let at = nextFilled(histogram, first, missing); at < missing; at += 3) {
    leftGradient += histogram[at] ?? 0;
    leftHessian += histogram[at + 1] ?? 0;
    leftCount += histogram[at + 2] ?? 0;
    if (leftCount < minLeaf || leftHessian < leastHessian) continue;
    const rightHessian = hessian - leftHessian;
    if (count - leftCount < minLeaf || rightHessian < leastHessian) break;
    const rightGradient = gradient - leftGradient;
    const a = leftHessian + l2;
    const b = rightHessian + l2;
    // Compared without a division, which costs more than all the rest.
    const over = leftGradient * leftGradient * b + rightGradient * rightGradient * a;
    if (over > score * (a * b)) {
      score = over / (a * b);
      found = at;
      best.gradient = leftGradient;
      best.hessian = leftHessian;
      best.missingLeft = 2 * leftCount > count ? 1 : 0;
    }
  }
  if (found < 0) return;
  best.score = score;
  best.column = column;
  if ((histogram[missing + 2] ?? 0) > 0) best.missingLeft = missingLeft;
  // Rounding may have found an empty bin better than the one before it: they are the same cut.
  while (histogram[found + 2] === 0) found -= 3;
  const next = nextFilled(histogram, found + 3, missing);
  // Nothing lies between the two bins here: cut in the middle of the gap. Where all that is there parts
  // from what is missing, also from numbers that only other rows have.
  best.cut =
    next < missing
      ? ((found - first) / 3 + (next - first) / 3 - 1) >> 1
      : (missing - first) / 3 - 1;
}

/** Where the first bin with rows from `at` on stands; `end` where there is none. */
function nextFilled(histogram: Float64Array, at: number, end: number): number {
  let next = at;
  while (next < end && histogram[next + 2] === 0) next += 3;
  return next;
}
