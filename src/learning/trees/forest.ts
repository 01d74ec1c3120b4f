/**
 * A random forest for two classes on histogram bins (Breiman 2001), in flat arrays.
 *
 * Gini splits, bootstrap of rows, features drawn anew at each split. A row weighs as often as the
 * bootstrap drew it, but `minLeaf` counts it once, as scikit-learn's `min_samples_leaf` does. A missing
 * value has a direction learnt at each split; where training had none there, it follows the heavier side.
 */
import { OUT_OF_BAG_UNIT, type Tree, TreeGrower } from './gini-tree.ts';
import { LearningError } from '#learning/errors.ts';
import { substream } from '#learning/random.ts';
import { MOST_FEATURES } from '#learning/table.ts';

export interface ForestSettings {
  /** 1 to 1,000. */
  readonly trees: number;
  /** Splits between the root and the deepest leaf, 1 to 40. */
  readonly maxDepth: number;
  /** Least number of distinct rows in a leaf, from 1. */
  readonly minLeaf: number;
  /** Columns tried at a split: the whole part of the root of their number, all, or so many. */
  readonly featuresPerSplit: 'sqrt' | 'all' | number;
  /** balanced: each class weighs the same in sum; a number: what a row of the positive class weighs. Absent: 1. */
  readonly classWeight?: number | 'balanced';
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
  /** One a leaf: those of the positive class. */
  readonly positives: Uint16Array | Uint32Array;
  /** What a draw of class 0 and of class 1 weighs, in splits and in a leaf's probability. */
  readonly classWeights: readonly [number, number];
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

/** Some trees of a forest, and what they say of the rows that they didn't see. */
export interface Shard {
  readonly forest: Forest;
  /** Per row: the probabilities of the trees that didn't draw it, in 2^-40, summed, and how many these are. */
  readonly outOfBag: { readonly sums: Float64Array; readonly votes: Uint32Array } | null;
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
 * order, byte for byte. Throws `SettingsInvalid` for 2^26 rows or more, more than 32,767
 * columns, or too many features at a split.
 */
export function growForest(input: GrowInput): Grown {
  return joinShards([growShard(input)]);
}

/** As `growForest`, in a form that joins. */
export function growShard(input: GrowInput): Shard {
  const { bins, labels, settings, seed } = input;
  const rows = labels.length;
  if (rows >= MOST_ROWS) {
    throw new LearningError('SettingsInvalid', `${rows} rows are more than a forest takes (2^26)`);
  }
  if (bins.length > MOST_FEATURES) {
    const message = `${bins.length} columns are more than a split counts (${MOST_FEATURES})`;
    throw new LearningError('SettingsInvalid', message);
  }
  const classWeights = weightsOf(settings.classWeight ?? 1, labels);
  const grower = new TreeGrower(bins, labels, {
    maxDepth: settings.maxDepth,
    minLeaf: settings.minLeaf,
    tried: featuresTried(settings.featuresPerSplit, bins.length),
    classWeights,
  });
  const outOfBag =
    input.outOfBag === true ? { sums: new Float64Array(rows), votes: new Uint32Array(rows) } : null;
  const grown: Tree[] = [];
  const first = input.firstTree ?? 0;
  for (let i = 0; i < settings.trees; i += 1) {
    const random = substream(seed, 'tree', first + i);
    grower.draw(random, input.bootstrap ?? true);
    grown.push(grower.grow(random));
    if (outOfBag !== null) grower.addOutOfBag(outOfBag.sums, outOfBag.votes);
  }
  return { forest: concatenate(grown, grown.length, bins.length, classWeights), outOfBag };
}

/** Shards in the order of their trees, as one run would have grown them, byte for byte. */
export function joinShards(shards: readonly Shard[]): Grown {
  const forest = joinForests(shards.map((shard) => shard.forest));
  const parts = shards.flatMap((shard) => shard.outOfBag ?? []);
  const rows = parts[0]?.sums.length;
  if (rows === undefined) return { forest, outOfBag: null };
  // Whole numbers below 2^53 add up the same in any order, which fractions don't.
  const outOfBag = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let sum = 0;
    let votes = 0;
    for (const part of parts) {
      sum += part.sums[row] ?? 0;
      votes += part.votes[row] ?? 0;
    }
    outOfBag[row] = sum / OUT_OF_BAG_UNIT / votes;
  }
  return { forest, outOfBag };
}

/**
 * Forests of the same features and class weights as one, their trees in that order.
 *
 * Throws `SettingsInvalid` where there is none, or where they differ in these.
 */
export function joinForests(parts: readonly Forest[]): Forest {
  const [first] = parts;
  if (first === undefined) throw new LearningError('SettingsInvalid', 'there is no forest to join');
  const { features, classWeights } = first;
  let trees = 0;
  for (const part of parts) {
    const [weight0, weight1] = part.classWeights;
    if (part.features !== features || weight0 !== classWeights[0] || weight1 !== classWeights[1]) {
      throw new LearningError(
        'SettingsInvalid',
        'the forests have other features or class weights',
      );
    }
    trees += part.trees;
  }
  return parts.length === 1 ? first : concatenate(parts, trees, features, classWeights);
}

function weightsOf(classWeight: number | 'balanced', labels: Uint8Array): [number, number] {
  if (classWeight !== 'balanced') return [1, classWeight];
  let positives = 0;
  for (let row = 0; row < labels.length; row += 1) positives += labels[row] ?? 0;
  return [labels.length / (2 * (labels.length - positives)), labels.length / (2 * positives)];
}

interface Nodes {
  readonly split: Uint8Array | Uint16Array;
  readonly bin: Uint8Array;
  readonly cover: Uint16Array | Uint32Array;
  readonly positives: Uint16Array | Uint32Array;
}

function concatenate(
  parts: readonly Nodes[],
  trees: number,
  features: number,
  classWeights: readonly [number, number],
): Forest {
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
  // Widths follow from what is in them, so that joined shards have those of one run.
  const split = 2 * features <= 255 ? new Uint8Array(nodes) : new Uint16Array(nodes);
  const bin = new Uint8Array(splits);
  const isWide = most > 65_535;
  const cover = isWide ? new Uint32Array(leaves) : new Uint16Array(leaves);
  const positives = isWide ? new Uint32Array(leaves) : new Uint16Array(leaves);
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
  return { trees, features, split, bin, cover, positives, classWeights };
}
