/** One tree of a random forest at a time, over the same scratch arrays, so that a forest allocates little. */
import { MISSING_BIN } from './bins.ts';
import { GiniSplit, LABEL, MOST_DRAWS, PLACE } from './gini-split.ts';
import type { Random } from '#learning/random.ts';

/** Probabilities are added in whole parts of so many, so that the order of trees doesn't matter. */
export const OUT_OF_BAG_UNIT = 2 ** 40;

export interface TreeShape {
  readonly maxDepth: number;
  /** Least number of distinct rows in a leaf. */
  readonly minLeaf: number;
  /** Features tried at a split. */
  readonly tried: number;
  readonly classWeights: readonly [number, number];
}

/** In preorder; arrays as in `Forest`. */
export interface Tree {
  readonly split: Uint16Array;
  readonly bin: Uint8Array;
  readonly cover: Uint32Array;
  readonly positives: Uint32Array;
}

/** Bytes of all features of a subtree's rows that are copied side by side, to stay in a core's own cache. */
const LOCAL_BYTES = 2 ** 17;
/** A table of fewer bytes is in a near cache anyway. */
const LARGE_BYTES = 2 ** 22;
/** Rows that are fetched together before they are copied. */
const TOGETHER = 64;
/** Subtrees of fewer rows aren't worth the copy. */
const LEAST_LOCAL = 64;
const FRAME = 6;

export class TreeGrower {
  readonly #bins: readonly Uint8Array[];
  readonly #labels: Uint8Array;
  readonly #shape: TreeShape;
  readonly #search: GiniSplit;
  /** Draws of a row in this tree. More than 255 of one row don't happen: their chance is below 10^-500. */
  readonly #draws: Uint8Array;
  /** What the bootstrap drew, entries of a node side by side, in the order of rows. */
  readonly #entries: Int32Array;
  readonly #aside: Int32Array;
  #drawn = 0;
  #negatives = 0;
  #positives = 0;
  readonly #order: Int32Array;
  /** Rows of a subtree that are copied together; 0 where the whole table is small enough. */
  readonly #localRows: number;
  /** All features of a row side by side, from where they are copied: one read from memory a row. */
  readonly #byRow: Uint8Array;
  #touched = 0;
  readonly #localCells: Uint8Array;
  /** The columns of `#localCells`. */
  readonly #local: readonly Uint8Array[];
  // Outputs, in preorder.
  readonly #split: Uint16Array;
  readonly #threshold: Uint8Array;
  readonly #right: Int32Array;
  readonly #leafCover: Int32Array;
  readonly #leafPositives: Int32Array;
  #nodes = 0;

  /** `bins`: one byte a row and feature; `labels`: 0 or 1 a row. */
  constructor(bins: readonly Uint8Array[], labels: Uint8Array, shape: TreeShape) {
    const rows = labels.length;
    const features = bins.length;
    this.#bins = bins;
    this.#labels = labels;
    this.#shape = shape;
    this.#search = new GiniSplit(bins, shape.minLeaf, shape.classWeights);
    this.#draws = new Uint8Array(rows);
    this.#entries = new Int32Array(rows);
    this.#aside = new Int32Array(rows);
    this.#order = new Int32Array(features);
    const worth = features * rows > LARGE_BYTES && features <= 6 * shape.tried;
    this.#localRows = worth ? Math.floor(LOCAL_BYTES / features) : 0;
    this.#byRow = worth ? sideBySide(bins, rows) : EMPTY;
    this.#localCells = new Uint8Array(features * this.#localRows);
    this.#local = bins.map((_, f) =>
      this.#localCells.subarray(f * this.#localRows, (f + 1) * this.#localRows),
    );
    const leaves = Math.min(2 ** shape.maxDepth, Math.floor(rows / shape.minLeaf) + 1);
    this.#split = new Uint16Array(2 * leaves);
    this.#threshold = new Uint8Array(2 * leaves);
    this.#right = new Int32Array(2 * leaves);
    this.#leafCover = new Int32Array(2 * leaves);
    this.#leafPositives = new Int32Array(2 * leaves);
  }

  /** Draws the next tree's rows: with replacement, or every row once. */
  draw(random: Random, bootstrap: boolean): void {
    const draws = this.#draws;
    const labels = this.#labels;
    const entries = this.#entries;
    const rows = draws.length;
    if (bootstrap) {
      draws.fill(0);
      random.countDraws(draws);
    } else {
      draws.fill(1);
    }
    let drawn = 0;
    let positives = 0;
    for (let row = 0; row < rows; row += 1) {
      const label = labels[row] ?? 0;
      positives += label * (draws[row] ?? 0);
      for (let left = draws[row] ?? 0; left > 0; left -= MOST_DRAWS) {
        entries[drawn] = (row << PLACE) | (label * LABEL) | Math.min(left, MOST_DRAWS);
        drawn += 1;
      }
    }
    this.#drawn = drawn;
    this.#positives = positives;
    this.#negatives = rows - positives;
  }

  grow(random: Random): Tree {
    const { maxDepth, minLeaf, tried } = this.#shape;
    const entries = this.#entries;
    const order = this.#order;
    const features = order.length;
    const search = this.#search;
    const split = this.#split;
    const threshold = this.#threshold;
    const right = this.#right;
    const leafCover = this.#leafCover;
    const leafPositives = this.#leafPositives;
    for (let f = 0; f < features; f += 1) order[f] = f;

    // start, end, depth, negatives, positives, parent whose right child this is (−1: none)
    const stack = new Int32Array(FRAME * (maxDepth + 2));
    let top = push(stack, 0, 0, this.#drawn, 0, this.#negatives, this.#positives, -1);
    let node = 0;
    let splits = 0;
    let localEnd = 0;

    while (top > 0) {
      top -= FRAME;
      const start = stack[top] ?? 0;
      const end = stack[top + 1] ?? 0;
      const depth = stack[top + 2] ?? 0;
      const negatives = stack[top + 3] ?? 0;
      const positives = stack[top + 4] ?? 0;
      const parent = stack[top + 5] ?? 0;
      const rows = end - start;
      if (parent >= 0) right[parent] = node;
      split[node] = 0;
      leafCover[node] = negatives + positives;
      leafPositives[node] = positives;
      if (depth >= maxDepth || rows < 2 * minLeaf || positives === 0 || negatives === 0) {
        node += 1;
        continue;
      }
      if (start >= localEnd && rows <= this.#localRows && rows >= LEAST_LOCAL) {
        this.#copyLocal(start, end);
        localEnd = end;
      }
      const columns = start < localEnd ? this.#local : this.#bins;

      search.begin(rows, negatives, positives);
      // Columns that can't be cut don't use up the tries while nothing was found (as scikit-learn does).
      for (let visited = 0; visited < features; ) {
        const until = visited < tried ? tried : visited + 1;
        for (let i = visited; i < until; i += 1) {
          const pick = i + random.nextInt(features - i);
          const feature = order[pick] ?? 0;
          order[pick] = order[i] ?? 0;
          order[i] = feature;
        }
        search.search(columns, order, visited, until, entries, start, end);
        visited = until;
        if (search.feature >= 0) break;
      }
      if (search.feature < 0) {
        node += 1;
        continue;
      }

      const { feature, bin, missingLeft, leftNegatives, leftPositives } = search;
      split[node] = 1 + feature + (missingLeft ? features : 0);
      threshold[node] = bin;
      splits += 1;
      const middle = start + search.leftRows;
      // Children at the last level are leaves, whose counts are known and whose rows nobody asks for.
      if (depth + 1 < maxDepth) {
        partition(entries, this.#aside, columns[feature] ?? EMPTY, start, end, bin, missingLeft);
      }
      top = push(
        stack,
        top,
        middle,
        end,
        depth + 1,
        negatives - leftNegatives,
        positives - leftPositives,
        node,
      );
      top = push(stack, top, start, middle, depth + 1, leftNegatives, leftPositives, -1);
      node += 1;
    }
    this.#nodes = node;
    return this.#copyOut(splits);
  }

  /** Copies all features of a subtree's rows side by side and points its entries there. */
  #copyLocal(start: number, end: number): void {
    const entries = this.#entries;
    const cells = this.#localCells;
    const byRow = this.#byRow;
    const features = this.#bins.length;
    const stride = this.#localRows;
    for (let from = start; from < end; from += TOGETHER) {
      const until = Math.min(end, from + TOGETHER);
      this.#touched += touch(byRow, entries, from, until, features);
      for (let i = from; i < until; i += 1) {
        const entry = entries[i] ?? 0;
        const place = i - start;
        let at = (entry >>> PLACE) * features;
        for (let to = place; to < cells.length; to += stride) {
          cells[to] = byRow[at] ?? 0;
          at += 1;
        }
        entries[i] = (place << PLACE) | (entry & 31);
      }
    }
  }

  #copyOut(splits: number): Tree {
    const nodes = this.#nodes;
    const leaves = nodes - splits;
    const tree: Tree = {
      split: this.#split.slice(0, nodes),
      bin: new Uint8Array(splits),
      cover: new Uint32Array(leaves),
      positives: new Uint32Array(leaves),
    };
    let s = 0;
    let l = 0;
    for (let node = 0; node < nodes; node += 1) {
      if (this.#split[node] === 0) {
        tree.positives[l] = this.#leafPositives[node] ?? 0;
        tree.cover[l] = this.#leafCover[node] ?? 0;
        l += 1;
      } else {
        tree.bin[s] = this.#threshold[node] ?? 0;
        s += 1;
      }
    }
    return tree;
  }

  /** Adds the last tree's probability, in 2^-40, to each row that it didn't draw. */
  addOutOfBag(sums: Float64Array, votes: Uint32Array): void {
    const features = this.#bins.length;
    const [weight0, weight1] = this.#shape.classWeights;
    for (let row = 0; row < sums.length; row += 1) {
      if ((this.#draws[row] ?? 0) > 0) continue;
      let node = 0;
      for (let code = this.#split[0] ?? 0; code > 0; code = this.#split[node] ?? 0) {
        const missingLeft = code > features;
        const b = (this.#bins[missingLeft ? code - 1 - features : code - 1] ?? EMPTY)[row] ?? 0;
        const left = b <= (this.#threshold[node] ?? 0) || (missingLeft && b === MISSING_BIN);
        node = left ? node + 1 : (this.#right[node] ?? 0);
      }
      const positives = weight1 * (this.#leafPositives[node] ?? 0);
      const negatives = weight0 * ((this.#leafCover[node] ?? 0) - (this.#leafPositives[node] ?? 0));
      const share = positives / (positives + negatives);
      sums[row] = (sums[row] ?? 0) + Math.round(share * OUT_OF_BAG_UNIT);
      votes[row] = (votes[row] ?? 0) + 1;
    }
  }
}

const EMPTY = new Uint8Array(0);

function push(
  stack: Int32Array,
  top: number,
  start: number,
  end: number,
  depth: number,
  negatives: number,
  positives: number,
  parent: number,
): number {
  stack[top] = start;
  stack[top + 1] = end;
  stack[top + 2] = depth;
  stack[top + 3] = negatives;
  stack[top + 4] = positives;
  stack[top + 5] = parent;
  return top + FRAME;
}

/** The columns' bytes, those of a row side by side. */
function sideBySide(columns: readonly Uint8Array[], rows: number): Uint8Array {
  const features = columns.length;
  const out = new Uint8Array(features * rows);
  // A block at a time, so that what is written stays in the cache until its lines are full.
  for (let from = 0; from < rows; from += 1024) {
    const until = Math.min(rows, from + 1024);
    for (let f = 0; f < features; f += 1) {
      const column = columns[f] ?? EMPTY;
      for (let row = from; row < until; row += 1) out[row * features + f] = column[row] ?? 0;
    }
  }
  return out;
}

/** Moves the entries that go left before those that go right; both keep their order, so reads stay in sequence. */
function partition(
  entries: Int32Array,
  aside: Int32Array,
  column: Uint8Array,
  start: number,
  end: number,
  bin: number,
  missingLeft: boolean,
): void {
  // One up and round, missing is 0 and goes left; without, 255 goes right. Both without a branch.
  const shift = missingLeft ? 1 : 0;
  const cut = bin + shift;
  let left = start;
  let right = 0;
  for (let i = start; i < end; i += 1) {
    const entry = entries[i] ?? 0;
    const b = ((column[entry >>> PLACE] ?? 0) + shift) & 255;
    const goesRight = (cut - b) >>> 31;
    entries[left] = entry;
    aside[right] = entry;
    left += 1 - goesRight;
    right += goesRight;
  }
  for (let i = 0; i < right; i += 1) entries[left + i] = aside[i] ?? 0;
}

/** Reads one byte of each row: many reads wait for memory at the same time, copying only one or two. */
function touch(
  byRow: Uint8Array,
  entries: Int32Array,
  start: number,
  end: number,
  features: number,
): number {
  let sum = 0;
  for (let i = start; i < end; i += 1) {
    sum = (sum + (byRow[((entries[i] ?? 0) >>> PLACE) * features] ?? 0)) | 0;
  }
  return sum;
}
