/**
 * Sums the leaves that rows of bins fall into: what forests and boosting share when they score.
 *
 * A step down a tree waits for memory, not for arithmetic, so eight walks go side by side: eight rows
 * through one tree where there are many rows, one row through eight trees where there is one. The two
 * children of a node are neighbours, so a step is an addition and never a branch to mispredict.
 */
import { MISSING_BIN } from './bins.ts';
import { unroll } from './preorder.ts';

/** Trees in preorder as `Forest` has them, with what each leaf adds. */
export interface Walkable {
  readonly trees: number;
  readonly features: number;
  /** One a node: 0 a leaf, 1 + f splits feature f with missing to the right, 1 + features + f to the left. */
  readonly split: Uint8Array | Uint16Array;
  /** One a split, in node order: bins up to it go left. */
  readonly bin: Uint8Array;
  /** One a leaf, in node order. */
  readonly leaf: Float64Array;
}

export interface Walker {
  /** Sets a cell of row 0 to 127 of the block: a bin from 0 to 254, or 255 for missing. */
  readonly put: (row: number, feature: number, bin: number) => void;
  /** Writes Σ leaf over the trees, in their order, for the block's first `rows` rows to `out` from `at` on. */
  readonly sum: (rows: number, out: Float64Array, at: number) => void;
}

/** Rows that go through a tree together, so that its nodes stay in the cache. */
export const BLOCK = 128;
const LANES = 8;
/** Levels of a subtree that lie side by side: a path meets fewer lines of the cache than level by level or branch by branch. */
const TOGETHER = 3;

/**
 * Unrolls trees once for walking; `put` and `sum` then allocate nothing.
 *
 * A row's sum is the same, bit for bit, alone and in a block. Throws `ArtifactInvalid` as `unroll` does.
 */
export function walker(walkable: Walkable): Walker {
  const { features, trees } = walkable;
  const { nodes, roots, value } = layOut(walkable);
  // A row has two bytes a feature: at 1 + f, where missing (255) goes right of every cut, and at
  // 1 + features + f, where missing is 0 and goes left of every cut. A split's code is the place to
  // read, so a node costs one comparison and no question about missing.
  const width = 1 + 2 * features;
  const cells = new Uint8Array(BLOCK * width);

  const put = (row: number, feature: number, bin: number): void => {
    const at = row * width + 1 + feature;
    cells[at] = bin;
    cells[at + features] = bin === MISSING_BIN ? 0 : bin;
  };

  const one = (root: number, base: number): number => {
    let n = root;
    for (;;) {
      const word = nodes[n] ?? 0;
      if (word === LEAF) return value[n >> 1] ?? 0;
      n = (nodes[n + 1] ?? 0) + step(word, cells[base + (word >>> 8)] ?? 0);
    }
  };

  /** One row through all trees, eight trees at a time; `trees` is filled up with empty ones. */
  const across = (): number => {
    let sum = 0;
    for (let tree = 0; tree < trees; tree += LANES) {
      let a = roots[tree] ?? 0;
      let b = roots[tree + 1] ?? 0;
      let c = roots[tree + 2] ?? 0;
      let d = roots[tree + 3] ?? 0;
      let e = roots[tree + 4] ?? 0;
      let f = roots[tree + 5] ?? 0;
      let g = roots[tree + 6] ?? 0;
      let h = roots[tree + 7] ?? 0;
      for (;;) {
        const wa = nodes[a] ?? 0;
        const wb = nodes[b] ?? 0;
        const wc = nodes[c] ?? 0;
        const wd = nodes[d] ?? 0;
        const we = nodes[e] ?? 0;
        const wf = nodes[f] ?? 0;
        const wg = nodes[g] ?? 0;
        const wh = nodes[h] ?? 0;
        if ((wa | wb | wc | wd | we | wf | wg | wh) === LEAF) break;
        a = (nodes[a + 1] ?? 0) + step(wa, cells[wa >>> 8] ?? 0);
        b = (nodes[b + 1] ?? 0) + step(wb, cells[wb >>> 8] ?? 0);
        c = (nodes[c + 1] ?? 0) + step(wc, cells[wc >>> 8] ?? 0);
        d = (nodes[d + 1] ?? 0) + step(wd, cells[wd >>> 8] ?? 0);
        e = (nodes[e + 1] ?? 0) + step(we, cells[we >>> 8] ?? 0);
        f = (nodes[f + 1] ?? 0) + step(wf, cells[wf >>> 8] ?? 0);
        g = (nodes[g + 1] ?? 0) + step(wg, cells[wg >>> 8] ?? 0);
        h = (nodes[h + 1] ?? 0) + step(wh, cells[wh >>> 8] ?? 0);
      }
      // In the trees' order, as a block adds them: doubles don't add up the same in another one.
      sum += value[a >> 1] ?? 0;
      sum += value[b >> 1] ?? 0;
      sum += value[c >> 1] ?? 0;
      sum += value[d >> 1] ?? 0;
      sum += value[e >> 1] ?? 0;
      sum += value[f >> 1] ?? 0;
      sum += value[g >> 1] ?? 0;
      sum += value[h >> 1] ?? 0;
    }
    return sum;
  };

  /** Eight rows, the first at cell `base`, through one tree; adds to `out` from `at` on. */
  const down = (root: number, base: number, out: Float64Array, at: number): void => {
    const base1 = base + width;
    const base2 = base1 + width;
    const base3 = base2 + width;
    const base4 = base3 + width;
    const base5 = base4 + width;
    const base6 = base5 + width;
    const base7 = base6 + width;
    let a = root;
    let b = root;
    let c = root;
    let d = root;
    let e = root;
    let f = root;
    let g = root;
    let h = root;
    for (;;) {
      const wa = nodes[a] ?? 0;
      const wb = nodes[b] ?? 0;
      const wc = nodes[c] ?? 0;
      const wd = nodes[d] ?? 0;
      const we = nodes[e] ?? 0;
      const wf = nodes[f] ?? 0;
      const wg = nodes[g] ?? 0;
      const wh = nodes[h] ?? 0;
      if ((wa | wb | wc | wd | we | wf | wg | wh) === LEAF) break;
      a = (nodes[a + 1] ?? 0) + step(wa, cells[base + (wa >>> 8)] ?? 0);
      b = (nodes[b + 1] ?? 0) + step(wb, cells[base1 + (wb >>> 8)] ?? 0);
      c = (nodes[c + 1] ?? 0) + step(wc, cells[base2 + (wc >>> 8)] ?? 0);
      d = (nodes[d + 1] ?? 0) + step(wd, cells[base3 + (wd >>> 8)] ?? 0);
      e = (nodes[e + 1] ?? 0) + step(we, cells[base4 + (we >>> 8)] ?? 0);
      f = (nodes[f + 1] ?? 0) + step(wf, cells[base5 + (wf >>> 8)] ?? 0);
      g = (nodes[g + 1] ?? 0) + step(wg, cells[base6 + (wg >>> 8)] ?? 0);
      h = (nodes[h + 1] ?? 0) + step(wh, cells[base7 + (wh >>> 8)] ?? 0);
    }
    out[at] = (out[at] ?? 0) + (value[a >> 1] ?? 0);
    out[at + 1] = (out[at + 1] ?? 0) + (value[b >> 1] ?? 0);
    out[at + 2] = (out[at + 2] ?? 0) + (value[c >> 1] ?? 0);
    out[at + 3] = (out[at + 3] ?? 0) + (value[d >> 1] ?? 0);
    out[at + 4] = (out[at + 4] ?? 0) + (value[e >> 1] ?? 0);
    out[at + 5] = (out[at + 5] ?? 0) + (value[f >> 1] ?? 0);
    out[at + 6] = (out[at + 6] ?? 0) + (value[g >> 1] ?? 0);
    out[at + 7] = (out[at + 7] ?? 0) + (value[h >> 1] ?? 0);
  };

  const sum = (rows: number, out: Float64Array, at: number): void => {
    if (rows === 1) {
      out[at] = across();
      return;
    }
    out.fill(0, at, at + rows);
    const together = rows - (rows % LANES);
    for (let tree = 0; tree < trees; tree += 1) {
      const root = roots[tree] ?? 0;
      for (let row = 0; row < together; row += LANES) down(root, row * width, out, at + row);
      for (let row = together; row < rows; row += 1) {
        out[at + row] = (out[at + row] ?? 0) + one(root, row * width);
      }
    }
  };
  return { put, sum };
}

/** A leaf's word: it reads the unused cell 0, which is never above 255, and steps to itself. */
const LEAF = 255;

/** 0 to the left child, 2 to the right one: a cell above the cut makes the difference negative. */
function step(word: number, cell: number): number {
  return (((word & 255) - cell) >>> 31) << 1;
}

interface Layout {
  /** Two a node: cell to read × 256 + cut, and where its left child starts; the right one follows. */
  readonly nodes: Int32Array;
  /** Where each tree starts in `nodes`, and an empty tree for every lane that the last ones leave over. */
  readonly roots: Int32Array;
  /** One a node: what a leaf adds; the empty tree's adds −0, which changes no sum. */
  readonly value: Float64Array;
}

function layOut({ trees, split, bin, leaf }: Walkable): Layout {
  const { roots: from, next, splitIndex } = unroll(split, trees);
  const size = split.length + 1;
  const nodes = new Int32Array(2 * size);
  const value = new Float64Array(size);
  const roots = new Int32Array(Math.ceil(trees / LANES) * LANES).fill(2 * (size - 1));
  const put = (at: number, word: number, left: number): void => {
    nodes[2 * at] = word;
    nodes[2 * at + 1] = 2 * left;
  };
  let free = 0;
  for (let tree = 0; tree < trees; tree += 1) {
    roots[tree] = 2 * free;
    // Nodes whose place is known, each followed by it.
    const waiting: number[] = [from[tree] ?? 0, free];
    free += 1;
    while (waiting.length > 0) {
      const place = waiting.pop() ?? 0;
      let level: number[] = [waiting.pop() ?? 0, place];
      for (let depth = 0; depth < TOGETHER && level.length > 0; depth += 1) {
        const below: number[] = [];
        for (let i = 0; i < level.length; i += 2) {
          const node = level[i] ?? 0;
          const at = level[i + 1] ?? 0;
          const code = split[node] ?? 0;
          if (code === 0) {
            put(at, LEAF, at);
            value[at] = leaf[next[node] ?? 0] ?? 0;
          } else {
            put(at, code * 256 + (bin[splitIndex[node] ?? 0] ?? 0), free);
            below.push(node + 1, free, next[node] ?? 0, free + 1);
            free += 2;
          }
        }
        level = below;
      }
      waiting.push(...level);
    }
  }
  put(size - 1, LEAF, size - 1);
  value[size - 1] = -0;
  return { nodes, roots, value };
}
