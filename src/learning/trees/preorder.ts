/** Trees written in preorder, unrolled for walking; also the proof that a file's trees are trees. */
import { LearningError } from '#learning/errors.ts';

/** Deeper trees are refused when read: the engine grows at most 40. */
export const DEEPEST = 64;

export interface Unrolled {
  /** Where each tree starts. */
  readonly roots: Int32Array;
  /** A split: the node of its right child (the left one is the next node). A leaf: its index among leaves. */
  readonly next: Int32Array;
  /** A split: its index among splits. A leaf: 0. */
  readonly splitIndex: Int32Array;
}

/**
 * Finds the children of every node of `trees` trees; `split` is 0 at a leaf.
 *
 * Each node is read once, so time is linear and a cycle can't be. Throws `ArtifactInvalid` where the
 * array ends inside a tree, goes on after the last, or a tree is deeper than 64.
 */
export function unroll(split: Uint8Array | Uint16Array, trees: number): Unrolled {
  const nodes = split.length;
  const refuse = (what: string): never => {
    throw new LearningError('ArtifactInvalid', `the trees ${what}`);
  };
  if (trees > nodes) refuse('are more than the nodes');
  const roots = new Int32Array(trees);
  const next = new Int32Array(nodes);
  const splitIndex = new Int32Array(nodes);
  const waiting = new Int32Array(DEEPEST + 1);
  const depths = new Int32Array(DEEPEST + 1);
  let node = 0;
  let leaf = 0;
  let splits = 0;
  for (let tree = 0; tree < trees; tree += 1) {
    roots[tree] = node;
    // `waiting` holds the splits whose right child hasn't come yet, one a level; since a right child
    // takes its parent's place, its length alone isn't the depth: levels are kept beside it.
    let open = 0;
    let depth = 0;
    for (;;) {
      if (node >= nodes) refuse('end in the middle');
      if ((split[node] ?? 0) === 0) {
        next[node] = leaf;
        leaf += 1;
        node += 1;
        if (open === 0) break;
        open -= 1;
        const parent = waiting[open] ?? 0;
        next[parent] = node;
        depth = (depths[open] ?? 0) + 1;
      } else {
        if (depth >= DEEPEST) refuse(`are deeper than ${DEEPEST}`);
        splitIndex[node] = splits;
        splits += 1;
        waiting[open] = node;
        depths[open] = depth;
        open += 1;
        depth += 1;
        node += 1;
      }
    }
  }
  if (node !== nodes) refuse('are fewer than the nodes');
  return { roots, next, splitIndex };
}
