/**
 * `ml-random-forest` 2.1.0 as an engine for small tables.
 *
 * Known about it, and met here: training is quadratic in the rows; its default gainThreshold (0.01) makes
 * one-leaf trees; `predictProbability` loses the first tree's vote; out-of-bag crashes on few trees; NaN
 * passes silently. So: at most 5,000 rows, threshold 0, no out-of-bag, no missing values, and its trees'
 * votes counted by us from its own JSON. It draws features once a tree, not once a split.
 */
import { RandomForestClassifier } from 'ml-random-forest';
import { LearningError } from '../errors.ts';
import { type ForestSettings, featuresTried } from './forest.ts';
import { substream } from '../random.ts';

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
