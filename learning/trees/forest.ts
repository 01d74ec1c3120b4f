/**
 * A random forest for two classes on histogram bins (Breiman 2001), in flat arrays.
 *
 * Gini splits, bootstrap of rows, features drawn anew at each split. A row counts as often as the
 * bootstrap drew it, so `minLeaf` counts draws. A missing value has a direction learnt at each split;
 * where training had none there, it follows the heavier side.
 */
import { MISSING_BIN } from './bins.ts';
import { LearningError } from '../errors.ts';
import { type Random, substream } from '../random.ts';

export interface ForestSettings {
  /** 1 to 1,000. */
  readonly trees: number;
  /** Splits between the root and the deepest leaf, 1 to 40. */
  readonly maxDepth: number;
  /** Least number of bootstrap draws in a leaf, from 1. */
  readonly minLeaf: number;
  /** Columns tried at a split: the whole part of the root of their number, all, or so many. */
  readonly featuresPerSplit: 'sqrt' | 'all' | number;
}

/**
 * Trees one after another, each in preorder: a left child follows its parent, so no pointer is stored
 * and no cycle can be.
 */
export interface Forest {
  readonly trees: number;
  readonly features: number;
  /** One a node: 0 a leaf, 1 + f splits feature f with missing to the right, 1 + features + f to the left. */
  readonly split: Uint8Array | Uint16Array;
  /** One a split, in node order: bins up to it go left. */
  readonly bin: Uint8Array;
  /** One a leaf, in node order: bootstrap draws of training rows in it. */
  readonly cover: Uint16Array | Uint32Array;
  /** One a leaf: those of the positive class; `positives / cover` is the leaf's probability. */
  readonly positives: Uint16Array | Uint32Array;
}

export interface GrowInput {
  /** One byte a row and column; 255 is missing. */
  readonly bins: readonly Uint8Array[];
  /** 0 or 1 a row. */
  readonly labels: Uint8Array;
  readonly settings: ForestSettings;
  readonly seed: number;
  /** Index of the first tree to grow: shards joined in order equal one run. Absent: 0. */
  readonly firstTree?: number;
  /** Whether rows are drawn with replacement (else every tree sees every row once). Absent: true. */
  readonly bootstrap?: boolean;
  /** Whether to score each row by the trees that didn't see it. Absent: false. */
  readonly outOfBag?: boolean;
}

export interface Grown {
  readonly forest: Forest;
  /** Mean probability over the trees that didn't draw the row; NaN where every tree did. Null unless asked for. */
  readonly outOfBag: Float64Array | null;
}

/** Counts and positives share one double: count + positives × 2^26, exact up to 2^26 draws. */
const POSITIVE = 67_108_864;
/** Nodes of fewer rows than this visit only the bins that they touch. */
const SMALL_NODE = 96;

/** How many columns a split tries; throws `SettingsInvalid` above the number there are. */
export function featuresTried(rule: ForestSettings['featuresPerSplit'], features: number): number {
  if (rule === 'all') return features;
  if (rule === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(features)));
  if (!(Number.isInteger(rule) && rule >= 1 && rule <= features)) {
    throw new LearningError(
      'SettingsInvalid',
      `featuresPerSplit is 'sqrt', 'all' or 1 to ${features} here, not ${rule}`,
      'featuresPerSplit',
    );
  }
  return rule;
}

/**
 * Grows trees `firstTree` to `firstTree + settings.trees − 1`.
 *
 * Tree i takes its chance from (seed, 'tree', i) alone, so the same tree grows on any machine and in any
 * order, byte for byte. Throws `SettingsInvalid` for more than 2^26 rows or too many features at a split.
 */
export function growForest(input: GrowInput): Grown {
  const { bins, labels, settings, seed } = input;
  const rows = labels.length;
  if (rows >= POSITIVE) {
    throw new LearningError('SettingsInvalid', `${rows} rows are more than a forest takes (2^26)`);
  }
  const grower = new TreeGrower(bins, labels, settings);
  const sums = input.outOfBag === true ? new Float64Array(rows) : null;
  const votes = new Uint32Array(sums === null ? 0 : rows);
  const parts: Tree[] = [];
  const first = input.firstTree ?? 0;
  for (let i = 0; i < settings.trees; i += 1) {
    const random = substream(seed, 'tree', first + i);
    grower.draw(random, input.bootstrap ?? true);
    parts.push(grower.grow(random));
    if (sums !== null) grower.addOutOfBag(sums, votes);
  }
  if (sums !== null) {
    for (let row = 0; row < rows; row += 1) sums[row] = (sums[row] ?? 0) / (votes[row] ?? 0);
  }
  return { forest: join(parts, bins.length), outOfBag: sums };
}

interface Tree {
  readonly split: Uint32Array;
  readonly bin: Uint8Array;
  readonly cover: Uint32Array;
  readonly positives: Uint32Array;
}

function join(parts: readonly Tree[], features: number): Forest {
  let nodes = 0;
  let splits = 0;
  let leaves = 0;
  let most = 0;
  for (const part of parts) {
    nodes += part.split.length;
    splits += part.bin.length;
    leaves += part.cover.length;
    for (let i = 0; i < part.cover.length; i += 1) most = Math.max(most, part.cover[i] ?? 0);
  }
  const split = 2 * features <= 255 ? new Uint8Array(nodes) : new Uint16Array(nodes);
  const bin = new Uint8Array(splits);
  const wide = most > 65_535;
  const cover = wide ? new Uint32Array(leaves) : new Uint16Array(leaves);
  const positives = wide ? new Uint32Array(leaves) : new Uint16Array(leaves);
  nodes = 0;
  splits = 0;
  leaves = 0;
  for (const part of parts) {
    split.set(part.split, nodes);
    bin.set(part.bin, splits);
    cover.set(part.cover, leaves);
    positives.set(part.positives, leaves);
    nodes += part.split.length;
    splits += part.bin.length;
    leaves += part.cover.length;
  }
  return { trees: parts.length, features, split, bin, cover, positives };
}

/** One tree at a time over the same scratch arrays, so that a forest allocates little. */
class TreeGrower {
  readonly #bins: readonly Uint8Array[];
  readonly #labels: Uint8Array;
  readonly #maxDepth: number;
  readonly #minLeaf: number;
  readonly #tried: number;
  /** Draws of a row in this tree. */
  readonly #draws: Uint32Array;
  /** draws + draws × label × 2^26, by row. */
  readonly #payload: Float64Array;
  /** The rows drawn, those of a node side by side. */
  readonly #rows: Int32Array;
  #drawn = 0;
  readonly #order: Int32Array;
  // Outputs, in preorder.
  readonly #split: Uint32Array;
  readonly #threshold: Uint8Array;
  readonly #right: Int32Array;
  readonly #leaf: Float64Array;
  #nodes = 0;
  /** All zero between two features. */
  readonly #histogram = new Float64Array(256);
  readonly #touched = new Int32Array(8);

  constructor(bins: readonly Uint8Array[], labels: Uint8Array, settings: ForestSettings) {
    const rows = labels.length;
    this.#bins = bins;
    this.#labels = labels;
    this.#maxDepth = settings.maxDepth;
    this.#minLeaf = settings.minLeaf;
    this.#tried = featuresTried(settings.featuresPerSplit, bins.length);
    this.#draws = new Uint32Array(rows);
    this.#payload = new Float64Array(rows);
    this.#rows = new Int32Array(rows);
    this.#order = new Int32Array(bins.length);
    this.#split = new Uint32Array(2 * rows + 1);
    this.#threshold = new Uint8Array(2 * rows + 1);
    this.#right = new Int32Array(2 * rows + 1);
    this.#leaf = new Float64Array(2 * rows + 1);
  }

  draw(random: Random, bootstrap: boolean): void {
    const draws = this.#draws;
    const rows = draws.length;
    if (bootstrap) {
      draws.fill(0);
      for (let i = 0; i < rows; i += 1) {
        const row = random.nextInt(rows);
        draws[row] = (draws[row] ?? 0) + 1;
      }
    } else {
      draws.fill(1);
    }
    let drawn = 0;
    for (let row = 0; row < rows; row += 1) {
      const n = draws[row] ?? 0;
      if (n === 0) continue;
      this.#payload[row] = n + (this.#labels[row] ?? 0) * n * POSITIVE;
      this.#rows[drawn] = row;
      drawn += 1;
    }
    this.#drawn = drawn;
  }

  grow(random: Random): Tree {
    const rowsOf = this.#rows;
    const payload = this.#payload;
    const histogram = this.#histogram;
    const touched = this.#touched;
    const order = this.#order;
    const features = order.length;
    const minLeaf = this.#minLeaf;
    const split = this.#split;
    const threshold = this.#threshold;
    const right = this.#right;
    const leaf = this.#leaf;
    for (let f = 0; f < features; f += 1) order[f] = f;

    let total = 0;
    for (let i = 0; i < this.#drawn; i += 1) total += payload[rowsOf[i] ?? 0] ?? 0;
    // start, end, depth, packed counts, parent whose right child this is (−1: none)
    const stack: number[] = [0, this.#drawn, 0, total, -1];
    let node = 0;
    let splits = 0;

    while (stack.length > 0) {
      const parent = stack.pop() ?? -1;
      const packed = stack.pop() ?? 0;
      const depth = stack.pop() ?? 0;
      const end = stack.pop() ?? 0;
      const start = stack.pop() ?? 0;
      if (parent >= 0) right[parent] = node;
      const nodePositives = Math.floor(packed / POSITIVE);
      const nodeCount = packed - nodePositives * POSITIVE;
      split[node] = 0;
      leaf[node] = packed;

      if (
        depth >= this.#maxDepth ||
        nodeCount < 2 * minLeaf ||
        nodePositives === 0 ||
        nodePositives === nodeCount
      ) {
        node += 1;
        continue;
      }

      // For two classes the Gini gain is, but for constants, the growth of Σ positives² / count.
      const unsplit = (nodePositives * nodePositives) / nodeCount;
      let best = unsplit + nodeCount * 1e-12;
      let bestFeature = -1;
      let bestBin = 0;
      let bestMissingLeft = false;
      const small = end - start < SMALL_NODE;

      for (let visited = 0; visited < features; visited += 1) {
        // Constant columns don't use up the tries while nothing was found (as scikit-learn does).
        if (visited >= this.#tried && bestFeature >= 0) break;
        const pick = visited + random.nextInt(features - visited);
        const feature = order[pick] ?? 0;
        order[pick] = order[visited] ?? 0;
        order[visited] = feature;
        const column = this.#bins[feature] ?? EMPTY;

        if (small) {
          for (let i = start; i < end; i += 1) {
            const row = rowsOf[i] ?? 0;
            const b = column[row] ?? 0;
            histogram[b] = (histogram[b] ?? 0) + (payload[row] ?? 0);
            touched[b >> 5] = (touched[b >> 5] ?? 0) | (1 << (b & 31));
          }
        } else {
          for (let i = start; i < end; i += 1) {
            const row = rowsOf[i] ?? 0;
            const b = column[row] ?? 0;
            histogram[b] = (histogram[b] ?? 0) + (payload[row] ?? 0);
          }
        }
        const missing = histogram[MISSING_BIN] ?? 0;
        histogram[MISSING_BIN] = 0;
        if (small) touched[7] = (touched[7] ?? 0) & 0x7fff_ffff;
        const missingPositives = Math.floor(missing / POSITIVE);
        const missingCount = missing - missingPositives * POSITIVE;

        let leftCount = 0;
        let leftPositives = 0;
        let bestHere = false;
        let word = 0;
        for (let b = 0; b < MISSING_BIN; b += 1) {
          if (small) {
            // The next bin that a row of this node is in.
            while (word < 8 && touched[word] === 0) word += 1;
            if (word === 8) break;
            const bits = touched[word] ?? 0;
            const lowest = bits & -bits;
            touched[word] = bits ^ lowest;
            b = word * 32 + 31 - Math.clz32(lowest);
          }
          const cell = histogram[b] ?? 0;
          if (cell === 0) continue;
          histogram[b] = 0;
          if (bestHere) {
            // Nothing lies between the two bins here: cut in the middle of the gap.
            bestBin = (bestBin + b - 1) >> 1;
            bestHere = false;
          }
          const positives = Math.floor(cell / POSITIVE);
          leftPositives += positives;
          leftCount += cell - positives * POSITIVE;
          const rightCount = nodeCount - leftCount;
          if (leftCount >= minLeaf && rightCount >= minLeaf) {
            const rightPositives = nodePositives - leftPositives;
            const gain =
              (leftPositives * leftPositives) / leftCount +
              (rightPositives * rightPositives) / rightCount;
            if (gain > best) {
              best = gain;
              bestFeature = feature;
              bestBin = b;
              bestMissingLeft = missingCount === 0 && leftCount > rightCount;
              bestHere = true;
            }
          }
          if (missingCount > 0) {
            const withCount = leftCount + missingCount;
            const withoutCount = nodeCount - withCount;
            if (withCount >= minLeaf && withoutCount >= minLeaf) {
              const withPositives = leftPositives + missingPositives;
              const withoutPositives = nodePositives - withPositives;
              const gain =
                (withPositives * withPositives) / withCount +
                (withoutPositives * withoutPositives) / withoutCount;
              if (gain > best) {
                best = gain;
                bestFeature = feature;
                bestBin = b;
                bestMissingLeft = true;
                bestHere = true;
              }
            }
          }
        }
      }

      if (bestFeature < 0) {
        node += 1;
        continue;
      }
      split[node] = 1 + bestFeature + (bestMissingLeft ? features : 0);
      threshold[node] = bestBin;
      splits += 1;
      const column = this.#bins[bestFeature] ?? EMPTY;
      let low = start;
      let high = end;
      let leftPacked = 0;
      while (low < high) {
        const row = rowsOf[low] ?? 0;
        const b = column[row] ?? 0;
        if (b <= bestBin || (bestMissingLeft && b === MISSING_BIN)) {
          leftPacked += payload[row] ?? 0;
          low += 1;
        } else {
          high -= 1;
          rowsOf[low] = rowsOf[high] ?? 0;
          rowsOf[high] = row;
        }
      }
      stack.push(low, end, depth + 1, packed - leftPacked, node);
      stack.push(start, low, depth + 1, leftPacked, -1);
      node += 1;
    }

    this.#nodes = node;
    return this.#copyOut(splits);
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
        const packed = this.#leaf[node] ?? 0;
        const positives = Math.floor(packed / POSITIVE);
        tree.positives[l] = positives;
        tree.cover[l] = packed - positives * POSITIVE;
        l += 1;
      } else {
        tree.bin[s] = this.#threshold[node] ?? 0;
        s += 1;
      }
    }
    return tree;
  }

  /** Adds the last tree's probability to each row that it didn't draw. */
  addOutOfBag(sums: Float64Array, votes: Uint32Array): void {
    const features = this.#bins.length;
    for (let row = 0; row < sums.length; row += 1) {
      if ((this.#draws[row] ?? 0) > 0) continue;
      let node = 0;
      for (let code = this.#split[0] ?? 0; code > 0; code = this.#split[node] ?? 0) {
        const missingLeft = code > features;
        const b = (this.#bins[(code - 1) % features] ?? EMPTY)[row] ?? 0;
        const left = b <= (this.#threshold[node] ?? 0) || (missingLeft && b === MISSING_BIN);
        node = left ? node + 1 : (this.#right[node] ?? 0);
      }
      const packed = this.#leaf[node] ?? 0;
      const positives = Math.floor(packed / POSITIVE);
      sums[row] = (sums[row] ?? 0) + positives / (packed - positives * POSITIVE);
      votes[row] = (votes[row] ?? 0) + 1;
    }
  }
}

const EMPTY = new Uint8Array(0);
