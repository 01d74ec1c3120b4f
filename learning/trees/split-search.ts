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
  { gradient, hessian, count }: NodeSums,
  { minLeaf, leastHessian, l2 }: SideLimits,
  best: Split,
): void {
  const missing = first + 3 * bins;
  const missingCount = histogram[missing + 2] ?? 0;
  const missingGradient = histogram[missing] ?? 0;
  const missingHessian = histogram[missing + 1] ?? 0;
  let score = best.score;
  let leftGradient = 0;
  let leftHessian = 0;
  let leftCount = 0;
  // Whether the best cut is here and no row was met above it.
  let open = false;
  for (let bin = 0; bin < bins; bin += 1) {
    const at = first + 3 * bin;
    const inBin = histogram[at + 2] ?? 0;
    if (inBin === 0) continue;
    if (open) {
      // Nothing lies between the two bins here: cut in the middle of the gap.
      best.cut = (best.cut + bin - 1) >> 1;
      open = false;
    }
    leftCount += inBin;
    leftGradient += histogram[at] ?? 0;
    leftHessian += histogram[at + 1] ?? 0;
    // With missing on the left, where there is any, and on the right.
    for (let turn = missingCount > 0 ? 1 : 0; turn >= 0; turn -= 1) {
      const sideCount = turn === 0 ? leftCount : leftCount + missingCount;
      const sideHessian = turn === 0 ? leftHessian : leftHessian + missingHessian;
      const otherHessian = hessian - sideHessian;
      if (
        sideCount < minLeaf ||
        count - sideCount < minLeaf ||
        sideHessian < leastHessian ||
        otherHessian < leastHessian
      ) {
        continue;
      }
      const sideGradient = turn === 0 ? leftGradient : leftGradient + missingGradient;
      const otherGradient = gradient - sideGradient;
      const a = sideHessian + l2;
      const b = otherHessian + l2;
      // Compared without a division, which costs more than all the rest.
      const over = sideGradient * sideGradient * b + otherGradient * otherGradient * a;
      if (over > score * (a * b)) {
        score = over / (a * b);
        best.score = score;
        best.column = column;
        best.cut = bin;
        best.missingLeft = turn === 1 || (missingCount === 0 && 2 * sideCount > count) ? 1 : 0;
        best.gradient = sideGradient;
        best.hessian = sideHessian;
        open = true;
      }
    }
    if (count - leftCount < minLeaf) break;
  }
  // All that is there parts from what is missing: also from numbers that only other rows have.
  if (open) best.cut = bins - 1;
}
