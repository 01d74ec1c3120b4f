/** How much each feature lowers the Gini impurity of a forest's nodes. */
import type { Forest } from './forest.ts';
import { unroll } from './preorder.ts';

/**
 * The mean decrease of impurity of each feature, adding to 1 (all 0 where no tree has a split).
 *
 * A split counts by the weighted draws that it parts; a tree's decreases are scaled to 1 and trees
 * averaged, as scikit-learn's `feature_importances_`. It favours features of many values (Strobl et al.
 * 2007): `permutationImportance` doesn't. Source: Breiman 2001.
 */
export function impurityImportance(forest: Omit<Forest, 'bin'>): Float64Array {
  const { trees, features, split, cover, positives } = forest;
  const [weight0, weight1] = forest.classWeights;
  const { roots, next } = unroll(split, trees);
  const sums = new Float64Array(features);
  const ofTree = new Float64Array(features);
  const negative = new Float64Array(split.length);
  const positive = new Float64Array(split.length);
  for (let tree = 0; tree < trees; tree += 1) {
    ofTree.fill(0);
    const root = roots[tree] ?? 0;
    // In preorder both children follow their parent, so backwards they are done before it.
    for (let node = (roots[tree + 1] ?? split.length) - 1; node >= root; node -= 1) {
      const code = split[node] ?? 0;
      const to = next[node] ?? 0;
      if (code === 0) {
        const up = positives[to] ?? 0;
        positive[node] = weight1 * up;
        negative[node] = weight0 * ((cover[to] ?? 0) - up);
        continue;
      }
      positive[node] = (positive[node + 1] ?? 0) + (positive[to] ?? 0);
      negative[node] = (negative[node + 1] ?? 0) + (negative[to] ?? 0);
      const feature = (code - 1) % features;
      ofTree[feature] =
        (ofTree[feature] ?? 0) +
        impurity(negative[node] ?? 0, positive[node] ?? 0) -
        impurity(negative[node + 1] ?? 0, positive[node + 1] ?? 0) -
        impurity(negative[to] ?? 0, positive[to] ?? 0);
    }
    scale(ofTree).forEach((share, feature) => {
      sums[feature] = (sums[feature] ?? 0) + share;
    });
  }
  return scale(sums);
}

/** Gini impurity times weight, of a node with so much weight of each class. */
function impurity(negative: number, positive: number): number {
  return (2 * negative * positive) / (negative + positive);
}

function scale(values: Float64Array): Float64Array {
  const sum = values.reduce((a, b) => a + b, 0);
  return sum > 0 ? values.map((value) => value / sum) : values;
}
