/** Trees made ready for explaining: what of a split doesn't depend on the row. */
import { gaussLegendre, type Quadrature } from './quadrature.ts';
import { LearningError } from '#learning/errors.ts';
import { unroll } from '#learning/trees/preorder.ts';

/** Trees as they are explained: the score is the sum of the leaves that a row comes to. */
export interface ExplainedTrees {
  readonly trees: number;
  readonly features: number;
  /** One a node in preorder: 0 a leaf, 1 + f splits feature f with missing to the right, 1 + features + f to the left. */
  readonly split: Uint8Array | Uint16Array;
  /** One a split, in node order: bins up to it go left. */
  readonly bin: Uint8Array;
  /** One a leaf, in node order: the weight of the training rows in it, above 0. */
  readonly weight: Float64Array;
  /** One a leaf, in node order. */
  readonly value: Float64Array;
}

/** One entry a node, in preorder, unless said otherwise. */
export interface LaidOut {
  readonly features: number;
  readonly split: Uint8Array | Uint16Array;
  /** One a leaf. */
  readonly value: Float64Array;
  /** One a tree. */
  readonly roots: Int32Array;
  /** A split: its right child (the left one follows it). A leaf: its index among leaves. */
  readonly next: Int32Array;
  readonly cut: Uint8Array;
  /** Share of the node's training rows that go left. */
  readonly leftShare: Float64Array;
  /** Product of the shares, on the way here, of the splits above on the same feature; 1 where there is none. */
  readonly shareAbove: Float64Array;
  /** Depth of the child to which the nearest of them led; 0 where there is none. */
  readonly repeats: Uint8Array;
  /** One a tree: exact for its path of most features. */
  readonly rules: readonly Quadrature[];
  /** Of the rule that has most. */
  readonly points: number;
  /** Of the deepest leaf. */
  readonly depth: number;
  /** Expected score. */
  readonly base: number;
}

/** Follows every path once. Throws `ArtifactInvalid` where a leaf has no weight or the trees aren't trees. */
export function layOut(trees: ExplainedTrees): LaidOut {
  const { features, split, bin, value } = trees;
  const { roots, next, splitIndex } = unroll(split, trees.trees);
  const { leftShare, base } = sharesOf(trees, roots, next);
  const shareAbove = new Float64Array(split.length).fill(1);
  const repeats = new Uint8Array(split.length);
  const share = new Float64Array(features).fill(1);
  const level = new Uint8Array(features);
  let distinct = 0;
  let most = 0;
  let deepest = 0;
  const follow = (node: number, depth: number): void => {
    deepest = Math.max(deepest, depth);
    most = Math.max(most, distinct);
    const code = split[node] ?? 0;
    if (code === 0) return;
    const feature = (code - 1) % features;
    const left = leftShare[node] ?? 0;
    const shareHere = share[feature] ?? 1;
    const levelHere = level[feature] ?? 0;
    shareAbove[node] = shareHere;
    repeats[node] = levelHere;
    if (levelHere === 0) distinct += 1;
    level[feature] = depth + 1;
    share[feature] = shareHere * left;
    follow(node + 1, depth + 1);
    share[feature] = shareHere * (1 - left);
    follow(next[node] ?? 0, depth + 1);
    share[feature] = shareHere;
    level[feature] = levelHere;
    if (levelHere === 0) distinct -= 1;
  };
  const known = new Map<number, Quadrature>();
  const rules = Array.from(roots, (root) => {
    most = 1;
    follow(root, 0);
    const points = Math.ceil(most / 2);
    const rule = known.get(points) ?? gaussLegendre(points);
    known.set(points, rule);
    return rule;
  });
  return {
    features,
    split,
    value,
    roots,
    next,
    cut: Uint8Array.from(split, (_, node) => bin[splitIndex[node] ?? 0] ?? 0),
    leftShare,
    shareAbove,
    repeats,
    rules,
    points: Math.max(...known.keys()),
    depth: deepest,
    base,
  };
}

/** From the end, so that children are done before their parent. */
function sharesOf(
  { split, weight, value }: ExplainedTrees,
  roots: Int32Array,
  next: Int32Array,
): { readonly leftShare: Float64Array; readonly base: number } {
  const weights = new Float64Array(split.length);
  const means = new Float64Array(split.length);
  const leftShare = new Float64Array(split.length);
  for (let node = split.length - 1; node >= 0; node -= 1) {
    const right = next[node] ?? 0;
    if (split[node] === 0) {
      const ofLeaf = weight[right] ?? 0;
      if (!(ofLeaf > 0)) throw new LearningError('ArtifactInvalid', `leaf ${right} has no weight`);
      weights[node] = ofLeaf;
      means[node] = value[right] ?? 0;
    } else {
      const total = (weights[node + 1] ?? 0) + (weights[right] ?? 0);
      const share = (weights[node + 1] ?? 0) / total;
      weights[node] = total;
      leftShare[node] = share;
      means[node] = share * (means[node + 1] ?? 0) + (1 - share) * (means[right] ?? 0);
    }
  }
  return { leftShare, base: roots.reduce((sum, root) => sum + (means[root] ?? 0), 0) };
}
