/**
 * One regression tree on gradients, grown leaf-wise: always the leaf whose split gains most (Shi 2007;
 * Ke et al. 2017), by the second-order gain of Chen and Guestrin 2016.
 *
 * A missing value goes where it gains more; where a node had none, it follows the side of more rows.
 */
import { MISSING_BIN } from './bins.ts';
import { type BinWords, Histograms, type Packing } from './histogram.ts';
import { type LogisticLoss, oddsFactor } from './logistic-loss.ts';
import { searchColumn, type Split } from './split-search.ts';

export interface TreeLimits {
  readonly leaves: number;
  /** Splits between the root and the deepest leaf. */
  readonly maxDepth: number;
  /** Rows in a leaf, at least. */
  readonly minLeaf: number;
  readonly l2: number;
}

/** A tree in preorder, as `TreesOverBins` has many. */
export interface BoostedTree {
  readonly split: Uint32Array;
  readonly bin: Uint8Array;
  readonly cover: Uint32Array;
  readonly value: Float64Array;
}

/** A leaf's hessian, at least, as LightGBM and HistGradientBoosting have it. */
const LEAST_HESSIAN = 1e-3;
/** Gains below it are rounding, not signal: the loss falls by a gain in rows. */
const LEAST_GAIN = 1e-6;

/** Grows one tree after another over the same arrays. */
export class LeafWiseGrower {
  readonly #table: BinWords;
  readonly #limits: TreeLimits;
  readonly #histograms: Histograms;
  /** Rows by leaf: a node's lie in the one or in the other, its children's in the one where it doesn't. */
  readonly #sides: readonly [Int32Array, Int32Array];
  // By node, in the order of growth: node 0 is the root.
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  readonly #depth: Int32Array;
  /** −1 for a leaf; the right child is the next node. */
  readonly #left: Int32Array;
  readonly #split: (Split | undefined)[] = [];
  readonly #value: Float64Array;
  /** Of a leaf's rows: see `oddsFactor`. */
  readonly #factor: Float64Array;
  #nodes = 0;
  // By node, while it is a leaf that may be split.
  readonly #gradient: Float64Array;
  readonly #hessian: Float64Array;
  readonly #gain: Float64Array;
  readonly #histogram: (Float64Array | null)[];

  constructor(table: BinWords, packing: Packing, limits: TreeLimits) {
    const nodes = 2 * limits.leaves - 1;
    this.#table = table;
    this.#limits = limits;
    this.#histograms = new Histograms(table, packing);
    this.#sides = [new Int32Array(table.rows), new Int32Array(table.rows)];
    this.#start = new Int32Array(nodes);
    this.#end = new Int32Array(nodes);
    this.#depth = new Int32Array(nodes);
    this.#left = new Int32Array(nodes);
    this.#value = new Float64Array(nodes);
    this.#factor = new Float64Array(nodes);
    this.#gradient = new Float64Array(nodes);
    this.#hessian = new Float64Array(nodes);
    this.#gain = new Float64Array(nodes);
    this.#histogram = Array.from({ length: nodes }, () => null);
  }

  /** Grows the next tree on the first `count` of `rows`, splitting on `columns` only. */
  grow(rows: Int32Array, count: number, loss: LogisticLoss, columns: Int32Array): void {
    const histograms = this.#histograms;
    histograms.choose(columns);
    this.#sides[0].set(rows.subarray(0, count));
    const root = histograms.take();
    histograms.fill(root, rows, 0, count, loss.packed);
    const { offset } = this.#table;
    let gradient = 0;
    let hessian = 0;
    const any = columns[0] ?? 0;
    for (let at = 3 * (offset[any] ?? 0); at < 3 * (offset[any + 1] ?? 0); at += 3) {
      gradient += root[at] ?? 0;
      hessian += root[at + 1] ?? 0;
    }
    this.#nodes = 1;
    this.#place(0, 0, count, 0, gradient, hessian);
    this.#search(0, root, loss, columns);

    for (let leaves = 1; leaves < this.#limits.leaves; leaves += 1) {
      let node = -1;
      let most = 0;
      for (let other = 0; other < this.#nodes; other += 1) {
        const gain = this.#gain[other] ?? 0;
        if (gain > most) {
          most = gain;
          node = other;
        }
      }
      if (node < 0) break;
      this.#divide(node, loss, columns, leaves + 1 === this.#limits.leaves);
    }
    for (let node = 0; node < this.#nodes; node += 1) this.#release(node);
  }

  #rowsOf(node: number): Int32Array {
    return this.#sides[(this.#depth[node] ?? 0) & 1] ?? NO_ROWS;
  }

  #release(node: number): void {
    const histogram = this.#histogram[node];
    if (histogram !== null && histogram !== undefined) this.#histograms.free(histogram);
    this.#histogram[node] = null;
  }

  #place(
    node: number,
    start: number,
    end: number,
    depth: number,
    gradient: number,
    hessian: number,
  ): void {
    this.#start[node] = start;
    this.#end[node] = end;
    this.#depth[node] = depth;
    this.#left[node] = -1;
    this.#gradient[node] = gradient;
    this.#hessian[node] = hessian;
    this.#gain[node] = 0;
  }

  #maySplit(node: number): boolean {
    const rows = (this.#end[node] ?? 0) - (this.#start[node] ?? 0);
    return rows >= 2 * this.#limits.minLeaf && (this.#depth[node] ?? 0) < this.#limits.maxDepth;
  }

  #divide(node: number, loss: LogisticLoss, columns: Int32Array, isLast: boolean): void {
    const split = this.#split[node];
    if (split === undefined) return;
    const middle = this.#partition(node, split);
    const start = this.#start[node] ?? 0;
    const end = this.#end[node] ?? 0;
    const depth = (this.#depth[node] ?? 0) + 1;
    const { gradient, hessian } = split;
    const left = this.#nodes;
    const right = left + 1;
    this.#nodes += 2;
    this.#place(left, start, middle, depth, gradient, hessian);
    this.#place(
      right,
      middle,
      end,
      depth,
      (this.#gradient[node] ?? 0) - gradient,
      (this.#hessian[node] ?? 0) - hessian,
    );
    this.#left[node] = left;
    this.#gain[node] = 0;

    const small = middle - start <= end - middle ? left : right;
    const large = small === left ? right : left;
    const parent = this.#histogram[node];
    this.#histogram[node] = null;
    if (parent === null || parent === undefined) return;
    if (isLast || !this.#maySplit(large)) {
      this.#histograms.free(parent);
      return;
    }
    const histogram = this.#histograms.take();
    this.#histograms.fill(
      histogram,
      this.#rowsOf(small),
      this.#start[small] ?? 0,
      this.#end[small] ?? 0,
      loss.packed,
    );
    this.#histograms.subtract(parent, histogram);
    this.#search(large, parent, loss, columns);
    this.#search(small, histogram, loss, columns);
  }

  /** Sorts a node's rows by the side of its split that they go to. */
  #partition(node: number, { column, cut, missingLeft }: Split): number {
    return partition(
      this.#rowsOf(node),
      this.#sides[1 - ((this.#depth[node] ?? 0) & 1)] ?? NO_ROWS,
      this.#start[node] ?? 0,
      this.#end[node] ?? 0,
      this.#table.columns[column] ?? NO_BINS,
      // One more than the bin, round at 256, makes missing the lowest: then it goes left of every cut.
      missingLeft,
      cut + missingLeft + 1,
    );
  }

  /** Finds a node's best split, and keeps its histogram where there is one. */
  #search(node: number, histogram: Float64Array, loss: LogisticLoss, columns: Int32Array): void {
    if (!this.#maySplit(node)) {
      this.#histograms.free(histogram);
      return;
    }
    const { offset, bins } = this.#table;
    const { hessianScale, gradientScale } = loss;
    const sums = {
      gradient: this.#gradient[node] ?? 0,
      hessian: this.#hessian[node] ?? 0,
      count: (this.#end[node] ?? 0) - (this.#start[node] ?? 0),
    };
    const limits = {
      minLeaf: this.#limits.minLeaf,
      leastHessian: LEAST_HESSIAN * hessianScale,
      l2: this.#limits.l2 * hessianScale,
    };
    const unsplit = sums.gradient ** 2 / (sums.hessian + limits.l2);
    const least = (LEAST_GAIN * gradientScale ** 2) / hessianScale;
    const best: Split = {
      score: unsplit * (1 + 1e-12) + least,
      column: -1,
      cut: 0,
      missingLeft: 0,
      gradient: 0,
      hessian: 0,
    };
    for (let i = 0; i < columns.length; i += 1) {
      const column = columns[i] ?? 0;
      const first = 3 * (offset[column] ?? 0);
      searchColumn(histogram, first, bins[column] ?? 0, column, sums, limits, best);
    }
    if (best.column < 0) {
      this.#histograms.free(histogram);
      return;
    }
    this.#histogram[node] = histogram;
    this.#gain[node] = best.score - unsplit;
    this.#split[node] = best;
  }

  /** Gives each leaf its value, `rate` × Newton's step of its rows, and adds it to their scores. */
  settle(loss: LogisticLoss, rate: number): void {
    for (let node = 0; node < this.#nodes; node += 1) {
      if ((this.#left[node] ?? 0) >= 0) continue;
      const start = this.#start[node] ?? 0;
      const end = this.#end[node] ?? 0;
      const rows = this.#rowsOf(node);
      const value = rate * loss.newtonStep(rows, start, end, LEAST_HESSIAN, this.#limits.l2);
      const factor = oddsFactor(value);
      this.#value[node] = value;
      this.#factor[node] = factor;
      loss.move(rows, start, end, factor);
    }
  }

  /** Adds the tree's value to the scores of rows that it wasn't grown on. */
  addTo(loss: LogisticLoss, rows: Int32Array): void {
    const { columns } = this.#table;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] ?? 0;
      let node = 0;
      for (let left = this.#left[0] ?? 0; left >= 0; left = this.#left[node] ?? 0) {
        const split = this.#split[node];
        if (split === undefined) break;
        const bin = (columns[split.column] ?? NO_BINS)[row] ?? 0;
        const goesLeft = bin === MISSING_BIN ? split.missingLeft === 1 : bin <= split.cut;
        node = goesLeft ? left : left + 1;
      }
      loss.move(rows, i, i + 1, this.#factor[node] ?? 1);
    }
  }

  /** The tree, once it is settled. */
  tree(): BoostedTree {
    const leaves = (this.#nodes + 1) / 2;
    const split = new Uint32Array(this.#nodes);
    const bin = new Uint8Array(leaves - 1);
    const cover = new Uint32Array(leaves);
    const value = new Float64Array(leaves);
    const waiting = [0];
    let at = 0;
    let leaf = 0;
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      const left = this.#left[node] ?? 0;
      const parts = this.#split[node];
      if (left < 0 || parts === undefined) {
        cover[leaf] = (this.#end[node] ?? 0) - (this.#start[node] ?? 0);
        value[leaf] = this.#value[node] ?? 0;
        leaf += 1;
      } else {
        split[at] = 1 + parts.column + parts.missingLeft * this.#table.bins.length;
        bin[at - leaf] = parts.cut;
        waiting.push(left + 1, left);
      }
      at += 1;
    }
    return { split, bin, cover, value };
  }
}

const NO_ROWS = new Int32Array(0);
const NO_BINS = new Uint8Array(0);

/**
 * Sorts from[start … end − 1] into the same places of `to`: rows of which (byte + turn) mod 256 is below
 * `limit` from the start on, the others from the end on, so backwards. Returns where the others start.
 */
function partition(
  from: Int32Array,
  to: Int32Array,
  start: number,
  end: number,
  column: Uint8Array,
  turn: number,
  limit: number,
): number {
  let left = start;
  let right = (end - 1) | 0;
  // Written to both ends and kept at one: a branch would be mispredicted every other row.
  for (let i = start; i < end; i += 1) {
    const row = from[i] ?? 0;
    const isLeft = ((((column[row] ?? 0) + turn) & 255) - limit) >>> 31;
    to[left] = row;
    to[right] = row;
    left = (left + isLeft) | 0;
    right = (right + isLeft - 1) | 0;
  }
  return left;
}
