/**
 * Gradient-boosted trees for two classes: logistic loss and shrinkage (Friedman 2001), second order
 * (Chen and Guestrin 2016), histograms and leaf-wise growth (Ke et al. 2017), rows and columns drawn
 * for each tree (Friedman 2002).
 */
import { MISSING_BIN } from './bins.ts';
import { packBins, packingOf, type BinWords } from './histogram.ts';
import { LogisticLoss } from './logistic-loss.ts';
import { type BoostedTree, LeafWiseGrower } from './leaf-wise.ts';
import {
  binTable,
  fitInputs,
  packTrees,
  TREE_FIELDS,
  treeReader,
  type TreesOverBins,
  unpackTrees,
} from './tree-estimator.ts';
import { stratifiedFolds, stratifiedGroupedFolds } from '#learning/folds.ts';
import type { EstimatorKind } from '#learning/pipeline/estimator-kind.ts';
import { doublesOf, fieldsOf, finiteOf, packArray, refusePart } from '#learning/pipeline/packed.ts';
import { type Random, substream } from '#learning/random.ts';
import { numberSetting, settingsOf, wholeSetting } from '#learning/settings.ts';
import { checkLabels, checkTable, selectRows, type Table } from '#learning/table.ts';

export interface BoostingSettings {
  /** Trees, 1 to 10,000; with early stopping at most so many. */
  readonly rounds: number;
  /** Leaves of a tree, at most, 2 to 1,024. */
  readonly leaves: number;
  /** Splits between the root and the deepest leaf, 1 to 40. */
  readonly maxDepth: number;
  /** What a leaf's value is multiplied by, above 0 to 1. */
  readonly learningRate: number;
  /** Rows in a leaf, at least, from 1. */
  readonly minLeaf: number;
  /** Added to a leaf's hessian, from 0. */
  readonly l2: number;
  /** Rows drawn without replacement for each tree, as a share above 0 to 1. */
  readonly rowShare: number;
  /** Columns drawn for each tree, as a share above 0 to 1; at least one. */
  readonly columnShare: number;
  /** Ends training when so many rounds didn't lower the log loss of a tenth held out; 0 never does. */
  readonly earlyStoppingRounds: number;
}

/** The score is the logistic function of `base` + Σ `value` of the leaves that a row falls into. */
export interface Boosting extends TreesOverBins {
  readonly kind: 'boosting';
  /** One a leaf: log odds, the learning rate in it. */
  readonly value: Float64Array;
  /** Log odds of the training rows. */
  readonly base: number;
}

const SETTINGS = [
  'rounds',
  'leaves',
  'maxDepth',
  'learningRate',
  'minLeaf',
  'l2',
  'rowShare',
  'columnShare',
  'earlyStoppingRounds',
];
/** The least share of rows, columns or a step that makes sense: 0 itself would learn nothing. */
const LEAST_SHARE = 1e-3;
/** Early stopping holds out one of so many folds, as HistGradientBoosting does. */
const HELD_FOLDS = 10;

/**
 * Settings in full, defaults filled in. Throws `SettingsInvalid` naming the one that is wrong or unknown.
 *
 * The defaults suit tables of hundreds to some ten thousands of rows: smaller trees, smaller steps and
 * more chance than LightGBM's (31 leaves, 0.1, every row and column), which overfit there.
 */
export function checkBoostingSettings(value: unknown): BoostingSettings {
  const settings = settingsOf(value, SETTINGS);
  return {
    rounds: wholeSetting(settings, 'rounds', [1, 10_000], 200),
    leaves: wholeSetting(settings, 'leaves', [2, 1024], 15),
    maxDepth: wholeSetting(settings, 'maxDepth', [1, 40], 40),
    learningRate: numberSetting(settings, 'learningRate', [LEAST_SHARE, 1], 0.05),
    minLeaf: wholeSetting(settings, 'minLeaf', [1, 1_000_000], 20),
    l2: numberSetting(settings, 'l2', [0, 1e6], 1),
    rowShare: numberSetting(settings, 'rowShare', [LEAST_SHARE, 1], 0.8),
    columnShare: numberSetting(settings, 'columnShare', [LEAST_SHARE, 1], 0.6),
    earlyStoppingRounds: wholeSetting(settings, 'earlyStoppingRounds', [0, 10_000], 0),
  };
}

/**
 * Fits boosted trees; the same input gives the same bytes.
 *
 * `labels` are 0 or 1 a row. With early stopping a tenth of the rows is held out, whole groups of
 * `groups` and both classes in proportion, to find the number of trees; that many are then grown on all
 * rows. `refitOn` gives the features as transforms make them that didn't see that tenth: see
 * `EstimatorInput`. Throws `TableInvalid`, `OneClass`, and `SettingsInvalid` where there are too few rows
 * or groups to hold out.
 */
export function fitBoosting(
  table: Table,
  labels: Uint8Array,
  settings: BoostingSettings,
  seed: number,
  groups?: Int32Array,
  refitOn?: (rows: Int32Array) => Table,
): Boosting {
  checkTable(table);
  checkLabels(labels, table.rows);
  const rounds =
    settings.earlyStoppingRounds === 0
      ? settings.rounds
      : roundsByHeldOut(table, labels, settings, seed, groups, refitOn);
  const { inputs, bytes, counts } = fitInputs(table, labels, groups);
  const words = packBins(bytes, counts);
  const rows = Int32Array.from({ length: table.rows }, (_, row) => row);
  const { trees, base } = boost(words, labels, { ...settings, rounds }, seed, rows, null);
  return { kind: 'boosting', inputs, ...joinTrees(trees, inputs.length), base };
}

function roundsByHeldOut(
  table: Table,
  labels: Uint8Array,
  settings: BoostingSettings,
  seed: number,
  groups: Int32Array | undefined,
  refitOn: ((rows: Int32Array) => Table) | undefined,
): number {
  const part = substream(seed, 'early-stopping').nextUint32();
  const folds =
    groups === undefined
      ? stratifiedFolds(labels, HELD_FOLDS, part)
      : stratifiedGroupedFolds(labels, groups, HELD_FOLDS, part);
  const rows = Int32Array.from({ length: table.rows }, (_, row) => row);
  const fitted = rows.filter((row) => folds[row] !== 0);
  const held = rows.filter((row) => folds[row] === 0);
  // Bins too are those of the fitted rows: the order of levels knows labels.
  const features = refitOn?.(fitted) ?? table;
  const { inputs, bytes, counts } = fitInputs(
    selectRows(features, fitted),
    labels.filter((_, row) => folds[row] !== 0),
    groups?.filter((_, row) => folds[row] !== 0),
  );
  const all = binTable(features, inputs);
  bytes.forEach((column, feature) => {
    for (let i = 0; i < fitted.length; i += 1) {
      (all[feature] ?? column)[fitted[i] ?? 0] = column[i] ?? MISSING_BIN;
    }
  });
  const words = packBins(all, counts);
  return boost(words, labels, settings, seed, fitted, held).trees.length;
}

interface Boosted {
  readonly trees: readonly BoostedTree[];
  readonly base: number;
}

/** Grows trees on rows `fitted` of the table; with `held`, no more than lower the log loss there. */
function boost(
  table: BinWords,
  labels: Uint8Array,
  settings: BoostingSettings,
  seed: number,
  fitted: Int32Array,
  held: Int32Array | null,
): Boosted {
  const count = fitted.length;
  let positives = 0;
  for (let i = 0; i < count; i += 1) positives += labels[fitted[i] ?? 0] ?? 0;
  const base = Math.log(positives / (count - positives));
  const packing = packingOf(count);
  const loss = new LogisticLoss(labels, (count - positives) / positives, packing);
  const grower = new LeafWiseGrower(table, packing, settings);
  const all = Int32Array.from(table.bins, (_, column) => column);
  const drawnColumns = Math.max(1, Math.round(settings.columnShare * all.length));
  const drawnRows = Math.max(1, Math.round(settings.rowShare * count));
  const rows = Int32Array.from(fitted);
  const trees: BoostedTree[] = [];
  let least = Infinity;
  let best = 0;
  for (let round = 0; round < settings.rounds; round += 1) {
    const random = substream(seed, 'round', round);
    let columns = all;
    if (drawnColumns < all.length) {
      columns = Int32Array.from(all);
      shuffle(columns, random, drawnColumns);
      columns = columns.slice(0, drawnColumns).sort();
    }
    if (drawnRows < count) drawRows(fitted, drawnRows, rows, random);
    loss.pack(fitted, round);
    grower.grow(rows, drawnRows, loss, columns);
    grower.settle(loss, settings.learningRate);
    if (drawnRows < count) grower.addTo(loss, rows.subarray(drawnRows));
    trees.push(grower.tree());
    if (held === null) continue;
    grower.addTo(loss, held);
    const heldLoss = loss.mean(held);
    if (heldLoss < least) {
      least = heldLoss;
      best = round;
    } else if (round - best >= settings.earlyStoppingRounds) break;
  }
  return { trees: held === null ? trees : trees.slice(0, best + 1), base };
}

/** Moves `first` of the numbers, drawn at random, to the front. */
function shuffle(numbers: Int32Array, random: Random, first: number): void {
  for (let i = 0; i < first; i += 1) {
    const j = i + random.nextInt(numbers.length - i);
    const other = numbers[j] ?? 0;
    numbers[j] = numbers[i] ?? 0;
    numbers[i] = other;
  }
}

/** Writes `drawn` of the rows, and behind them the others, both in order. */
function drawRows(from: Int32Array, drawn: number, into: Int32Array, random: Random): void {
  let taken = 0;
  for (let i = 0; i < from.length; i += 1) {
    const row = from[i] ?? 0;
    // Knuth's selection sampling: each row with the chance that is left for it.
    if (random.nextInt(from.length - i) < drawn - taken) {
      into[taken] = row;
      taken += 1;
    } else into[drawn + i - taken] = row;
  }
}

function joinTrees(
  parts: readonly BoostedTree[],
  features: number,
): Omit<TreesOverBins, 'inputs'> & { value: Float64Array } {
  let nodes = 0;
  let leaves = 0;
  let most = 0;
  for (const part of parts) {
    nodes += part.split.length;
    leaves += part.value.length;
    for (const cover of part.cover) most = Math.max(most, cover);
  }
  const split = 2 * features <= 255 ? new Uint8Array(nodes) : new Uint16Array(nodes);
  const bin = new Uint8Array(nodes - leaves);
  const cover = most > 65_535 ? new Uint32Array(leaves) : new Uint16Array(leaves);
  const value = new Float64Array(leaves);
  nodes = 0;
  leaves = 0;
  for (const part of parts) {
    split.set(part.split, nodes);
    bin.set(part.bin, nodes - leaves);
    cover.set(part.cover, leaves);
    value.set(part.value, leaves);
    nodes += part.split.length;
    leaves += part.value.length;
  }
  return { trees: parts.length, split, bin, cover, value };
}

export const boosting: EstimatorKind<Boosting, BoostingSettings> = {
  kind: 'boosting',
  check: checkBoostingSettings,
  fit: ({ table, labels, settings, seed, groups, refitOn }) => ({
    estimator: fitBoosting(table, labels, settings, seed, groups, refitOn),
    outOfBag: null,
  }),
  pack: (estimator) => ({
    ...packTrees(estimator),
    kind: estimator.kind,
    value: packArray(estimator.value),
    base: estimator.base,
  }),
  unpack(value, features) {
    const written = fieldsOf(value, 'estimator', ['kind', ...TREE_FIELDS, 'value', 'base']);
    if (written['kind'] !== 'boosting') refusePart('estimator.kind', 'is not boosting');
    const trees = unpackTrees(written, features);
    const leaf = doublesOf(written['value'], 'estimator.value');
    if (leaf.length !== trees.cover.length) {
      refusePart('estimator.value', 'has not one entry a leaf');
    }
    const base = finiteOf(written['base'], 'estimator.base');
    return { kind: 'boosting', ...trees, value: leaf, base };
  },
  reader: (estimator) =>
    treeReader(estimator, estimator.value, (sum) => 1 / (1 + Math.exp(-(estimator.base + sum)))),
};
