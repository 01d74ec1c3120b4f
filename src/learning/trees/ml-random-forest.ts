/**
 * `ml-random-forest` 2.1.0 as an engine for small tables.
 *
 * Known about it, and met here: training is quadratic in the rows; its default gainThreshold (0.01) makes
 * one-leaf trees; `predictProbability` loses the first tree's vote; out-of-bag crashes on few trees; NaN
 * passes silently. So: at most 5,000 rows, threshold 0, no out-of-bag, no missing values, and its trees'
 * votes counted by us from its own JSON. It draws features once a tree, not once a split.
 */
import { RandomForestClassifier } from 'ml-random-forest';
import { type ForestSettings, featuresTried } from './forest.ts';
import { checkForestSettings } from './forest-estimator.ts';
import { unroll } from './preorder.ts';
import { unpackSplits } from './tree-estimator.ts';
import { LearningError } from '#learning/errors.ts';
import {
  BLOCK,
  type EstimatorKind,
  type Feature,
  type Reader,
} from '#learning/pipeline/estimator-kind.ts';
import {
  bytesOf,
  doublesOf,
  fieldsOf,
  finiteOf,
  kindOf,
  listPerFeature,
  packArray,
  refusePart,
} from '#learning/pipeline/packed.ts';
import { substream } from '#learning/random.ts';
import { settingsOf } from '#learning/settings.ts';
import type { Column } from '#learning/table.ts';

export const ML_RANDOM_FOREST_ROWS = 5000;

/** Trees that vote, in preorder (see forest.ts), over numbers without missing values. */
export interface VotingForest {
  readonly trees: number;
  readonly features: number;
  /** One a node: 0 a leaf, 1 + f a split on feature f. */
  readonly split: Uint8Array | Uint16Array;
  /** One a split: numbers below it (<) go left. */
  readonly value: Float64Array;
  /** One a leaf: 1 where it votes for the positive class; a tie votes 0, as the library does. */
  readonly vote: Uint8Array;
}

/** What a missing or unseen cell counts as; a level counts as its index. */
export interface VotingInput {
  /** `impute` reads a number, `ordinal` a level. */
  readonly kind: 'impute' | 'ordinal';
  readonly value: number;
}

/** Its score is the share of trees that vote for the positive class. */
export interface VotingEstimator extends Omit<VotingForest, 'features'> {
  readonly kind: 'ml-random-forest';
  /** One a feature. */
  readonly inputs: readonly VotingInput[];
}

/** Refuses, with `SettingsInvalid`, more rows than the library trains on in bearable time. */
export function checkVotingRows(rows: number): void {
  if (rows > ML_RANDOM_FOREST_ROWS) {
    throw new LearningError(
      'SettingsInvalid',
      `ml-random-forest takes at most ${ML_RANDOM_FOREST_ROWS} rows (its training is quadratic), not ${rows}: use 'forest', or sampleRows`,
      'algorithm',
    );
  }
}

/**
 * Trains the library's classifier on rows of finite numbers and takes its trees out of its JSON.
 *
 * `labels` are 0 or 1. Throws `SettingsInvalid` above 5,000 rows, and `TableInvalid` where its JSON isn't
 * what version 2.1.0 writes.
 */
export function growVotingForest(
  matrix: number[][],
  labels: Uint8Array,
  settings: ForestSettings,
  seed: number,
): VotingForest {
  checkVotingRows(matrix.length);
  const features = matrix[0]?.length ?? 0;
  const forest = new RandomForestClassifier({
    // Its seed is a signed 32-bit number, and undefined would mean chance from outside.
    seed: substream(seed, 'ml-random-forest').nextUint32() >>> 1,
    maxFeatures: featuresTried(settings.featuresPerSplit, features),
    replacement: false,
    nEstimators: settings.trees,
    useSampleBagging: true,
    noOOB: true,
    treeOptions: {
      gainThreshold: 0,
      maxDepth: settings.maxDepth,
      // A node of so many rows or fewer becomes a leaf.
      minNumSamples: settings.minLeaf,
    },
  });
  forest.train(matrix, Array.from(labels));
  const written: unknown = JSON.parse(JSON.stringify(forest));
  const base = field(written, 'baseModel');
  const split: number[] = [];
  const value: number[] = [];
  const vote: number[] = [];
  const estimators = listOf(field(base, 'estimators'));
  const indexes = listOf(field(base, 'indexes'));
  estimators.forEach((estimator, tree) => {
    const used = listOf(indexes[tree]);
    const walk = (node: unknown): void => {
      const distribution = optional(node, 'distribution');
      if (distribution === undefined) {
        split.push(1 + numberOf(used[numberOf(field(node, 'splitColumn'))]));
        value.push(numberOf(field(node, 'splitValue')));
        walk(field(node, 'left'));
        walk(field(node, 'right'));
        return;
      }
      // One row of class shares; class 1 is absent where the leaf has none of it.
      const shares = listOf(listOf(distribution)[0]);
      split.push(0);
      vote.push((shares[1] === undefined ? 0 : numberOf(shares[1])) > numberOf(shares[0]) ? 1 : 0);
    };
    walk(field(estimator, 'root'));
  });
  return {
    trees: estimators.length,
    features,
    split: features <= 255 ? Uint8Array.from(split) : Uint16Array.from(split),
    value: Float64Array.from(value),
    vote: Uint8Array.from(vote),
  };
}

function unexpected(): never {
  throw new LearningError('TableInvalid', "ml-random-forest's JSON isn't that of version 2.1.0");
}

function optional(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return unexpected();
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function field(value: unknown, name: string): unknown {
  return optional(value, name) ?? unexpected();
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : unexpected();
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : unexpected();
}

export const votingForest: EstimatorKind<VotingEstimator, ForestSettings> = {
  kind: 'ml-random-forest',
  check(settings) {
    // The library has no class weights; a setting that it can't honour is refused, not dropped.
    return checkForestSettings(
      settingsOf(settings, ['trees', 'maxDepth', 'minLeaf', 'featuresPerSplit']),
    );
  },
  fit({ table, labels, settings, seed }) {
    // Before the rows are copied into the library's own form.
    checkVotingRows(table.rows);
    const inputs = table.columns.map(medianOf);
    const matrix = Array.from({ length: table.rows }, (_, row) =>
      table.columns.map((column, i) => {
        const cell = column.kind === 'numeric' ? column.values[row] : column.codes[row];
        const absent =
          cell === undefined || Number.isNaN(cell) || (column.kind === 'categorical' && cell < 0);
        return absent ? (inputs[i]?.value ?? 0) : cell;
      }),
    );
    const { trees, split, value, vote } = growVotingForest(matrix, labels, settings, seed);
    return {
      estimator: { kind: 'ml-random-forest', inputs, trees, split, value, vote },
      outOfBag: null,
    };
  },
  pack: ({ kind, inputs, trees, split, value, vote }) => ({
    kind,
    inputs,
    trees,
    split: packArray(split),
    value: packArray(value),
    vote: packArray(vote),
  }),
  unpack(value, features) {
    const part = 'estimator';
    const written = fieldsOf(value, part, ['kind', 'inputs', 'trees', 'split', 'value', 'vote']);
    const { trees, split, splits } = unpackSplits(written, features.length);
    const cuts = doublesOf(written['value'], 'estimator.value');
    const vote = bytesOf(written['vote'], 'estimator.vote');
    if (cuts.length !== splits) refusePart('estimator.value', 'has not one entry a split');
    if (vote.length !== split.length - splits) {
      refusePart('estimator.vote', 'has not one entry a leaf');
    }
    if (!vote.every((one) => one <= 1)) {
      refusePart('estimator.vote', 'is neither 0 nor 1 somewhere');
    }
    const inputs = listPerFeature(written['inputs'], 'estimator.inputs', features.length);
    return {
      kind: 'ml-random-forest',
      inputs: features.map((feature, i) => unpackInput(inputs[i], feature, i)),
      trees,
      split,
      value: cuts,
      vote,
    };
  },
  reader: votingReader,
};

function unpackInput(value: unknown, feature: Feature, i: number): VotingInput {
  const part = `estimator.inputs[${i}]`;
  const kind = kindOf(value, part);
  if (kind !== (feature.kind === 'numeric' ? 'impute' : 'ordinal')) {
    return refusePart(part, `is of a kind that doesn't fit a ${feature.kind} feature`);
  }
  return { kind, value: finiteOf(fieldsOf(value, part, ['kind', 'value'])['value'], part) };
}

function medianOf(column: Column): VotingInput {
  const present =
    column.kind === 'numeric'
      ? column.values.filter((value) => !Number.isNaN(value)).sort()
      : Float64Array.from(column.codes.filter((code) => code >= 0)).sort();
  // The lower median: always a value that was there, so an index stays an index.
  const value = present[(present.length - 1) >> 1] ?? 0;
  return { kind: column.kind === 'numeric' ? 'impute' : 'ordinal', value };
}

function votingReader({ inputs, trees, split, value, vote }: VotingEstimator): Reader {
  const { roots, next, splitIndex } = unroll(split, trees);
  const width = inputs.length;
  const cells = new Float64Array(BLOCK * width);
  const fill = Float64Array.from(inputs, (input) => input.value);
  return {
    setNumber(row, feature, number) {
      cells[row * width + feature] = Number.isNaN(number) ? (fill[feature] ?? 0) : number;
    },
    setLevel(row, feature, code) {
      cells[row * width + feature] = code < 0 ? (fill[feature] ?? 0) : code;
    },
    score(rows, out, at) {
      for (let row = 0; row < rows; row += 1) {
        let votes = 0;
        for (let tree = 0; tree < trees; tree += 1) {
          let node = roots[tree] ?? 0;
          for (let code = split[node] ?? 0; code !== 0; code = split[node] ?? 0) {
            // The library cuts with <, not ≤.
            const left = (cells[row * width + code - 1] ?? 0) < (value[splitIndex[node] ?? 0] ?? 0);
            node = left ? node + 1 : (next[node] ?? 0);
          }
          votes += vote[next[node] ?? 0] ?? 0;
        }
        out[at + row] = votes / trees;
      }
    },
  };
}
