/**
 * Exact Shapley values of trees, path-dependent: a feature outside the coalition is averaged over by the
 * shares of training rows that went left and right (TreeSHAP; Lundberg et al. 2020, "From local
 * explanations to global understanding with explainable AI for trees").
 *
 * How it is reckoned here. A leaf of value v is reached by a coalition with weight ∏ (agrees or share) over
 * the features of its path. Averaging over all orders of the features is an integral over the chance t of
 * having been drawn already (Owen 1972, "Multilinear extensions of games"): the leaf gives feature j
 *
 *     v · ∫₀¹ (o_j − z_j) ∏_{k ≠ j} (t·o_k + (1 − t)·z_k) dt
 *
 * with o = 1 where the row agrees with every split on that feature and z the product of their shares. The
 * integrand is a polynomial of degree below the number of features on the path, so Gauss–Legendre points,
 * half as many, give it exactly; all terms are positive and no divisor is small, so depth doesn't hurt
 * (the polynomial of Linear TreeSHAP, Yu et al. 2022, kept by its values at those points).
 *
 * At a split on feature j, let P be the product over the path, U_hot and U_cold what the subtrees on the
 * row's side and on the other are worth, z the share of j's splits above (1 if there was none), z' the
 * share of the cold side and f = t + (1 − t)·z. Then j gains ∫ P/f² · z·z' · (U_hot − U_cold), and nothing
 * where the row disagreed with a split on j above.
 *
 * P depends only on where the row agreed above, U only on where it goes below. Rows that are alike in that
 * are one class: P is worked out for classes going down, U for classes coming up, and a row costs one look
 * into a table of class × class where that table is smaller than the rows.
 */
import { BLOCK, ClassWalk } from './class-walk.ts';
import { type ExplainedTrees, layOut } from './laid-out.ts';

export interface TreeShap {
  /** The mean score over the training rows, as the trees' shares have it. */
  readonly base: number;
  /**
   * Each feature's part of each row's score: rows × features numbers, row by row.
   *
   * `bins` has one byte a row for each feature, 255 missing. With `base` a row's parts are its score.
   */
  readonly explain: (bins: readonly Uint8Array[], rows: number) => Float64Array;
}

/** Prepares trees for explaining. Throws `ArtifactInvalid` where a leaf has no weight or the trees aren't trees. */
export function treeShap(trees: ExplainedTrees): TreeShap {
  const laidOut = layOut(trees);
  const walk = new ClassWalk(laidOut);
  return {
    base: laidOut.base,
    explain(bins, rows) {
      const out = new Float64Array(rows * trees.features);
      for (let at = 0; at < rows; at += BLOCK) {
        walk.block(bins, at, Math.min(BLOCK, rows - at), out);
      }
      return out;
    },
  };
}
