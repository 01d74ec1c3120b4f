/**
 * A random forest for two classes on histogram bins (Breiman 2001), in flat arrays.
 *
 * Gini splits, bootstrap of rows, features drawn anew at each split. A row counts as often as the
 * bootstrap drew it, so `minLeaf` counts draws. A missing value has a direction learnt at each split;
 * where training had none there, it follows the heavier side.
 */
import { type Tree, TreeGrower } from './gini-tree.ts';
import { LearningError } from '../errors.ts';
import { substream } from '../random.ts';

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

const MOST_ROWS = 2 ** 26;

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
  if (rows >= MOST_ROWS) {
    throw new LearningError('SettingsInvalid', `${rows} rows are more than a forest takes (2^26)`);
  }
  const grower = new TreeGrower(bins, labels, {
    maxDepth: settings.maxDepth,
    minLeaf: settings.minLeaf,
    tried: featuresTried(settings.featuresPerSplit, bins.length),
    classWeights: [1, 1],
  });
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
