/** The forest as an estimator of the pipeline. */
import { growForest, type ForestSettings } from './forest.ts';
import {
  fitInputs,
  packTrees,
  TREE_FIELDS,
  treeReader,
  type TreesOverBins,
  unpackTrees,
} from './tree-estimator.ts';
import type { EstimatorKind } from '#learning/pipeline/estimator-kind.ts';
import { countsOf, fieldsOf, listOf, packArray, refusePart } from '#learning/pipeline/packed.ts';
import { numberSetting, refuseSetting, settingsOf, wholeSetting } from '#learning/settings.ts';

/** Its score is the mean over trees of w1·positives / (w1·positives + w0·negatives) of a row's leaf. */
export interface ForestEstimator extends TreesOverBins {
  readonly kind: 'forest';
  /** One a leaf: bootstrap draws of the positive class, out of `cover`. */
  readonly positives: Uint16Array | Uint32Array;
  /** What a row of class 0 and of class 1 weighs; 1e-12 to 1e12. */
  readonly classWeights: readonly [number, number];
}

/**
 * Beyond these a split would lose a light class beside a heavy one: its search takes weights of one side
 * from those of both, and of 2^26 rows of a weight of 1e6 a single row of weight 1 is still told apart.
 */
const CLASS_WEIGHTS = [1e-6, 1e6] as const;

/** Settings of trees that are grown at random. Throws `SettingsInvalid` naming the setting. */
export function checkForestSettings(written: unknown): ForestSettings {
  const settings = settingsOf(written, [
    'trees',
    'maxDepth',
    'minLeaf',
    'featuresPerSplit',
    'classWeight',
  ]);
  const tried = settings['featuresPerSplit'];
  return {
    classWeight:
      settings['classWeight'] === 'balanced'
        ? 'balanced'
        : numberSetting(settings, 'classWeight', CLASS_WEIGHTS, 1),
    trees: wholeSetting(settings, 'trees', [1, 1000]),
    maxDepth: wholeSetting(settings, 'maxDepth', [1, 40]),
    minLeaf: wholeSetting(settings, 'minLeaf', [1, 1_000_000]),
    featuresPerSplit:
      tried === 'sqrt' || tried === 'all'
        ? tried
        : typeof tried === 'number'
          ? wholeSetting(settings, 'featuresPerSplit', [1, 32_767])
          : refuseSetting('featuresPerSplit', "is 'sqrt', 'all' or a whole number"),
  };
}

/** One a leaf: the probability that it gives. */
export function leafProbabilities({
  cover,
  positives,
  classWeights,
}: ForestEstimator): Float64Array {
  const [w0, w1] = classWeights;
  return Float64Array.from(cover, (n, leaf) => {
    const up = w1 * (positives[leaf] ?? 0);
    return up / (up + w0 * (n - (positives[leaf] ?? 0)));
  });
}

export const forest: EstimatorKind<ForestEstimator, ForestSettings> = {
  kind: 'forest',
  check: checkForestSettings,
  fit({ table, labels, settings, seed, groups, outOfBag }) {
    const { inputs, bytes } = fitInputs(table, labels, groups);
    const grown = growForest({
      bins: bytes,
      labels,
      settings,
      seed,
      outOfBag,
    });
    const { trees, split, bin, cover, positives, classWeights } = grown.forest;
    return {
      estimator: {
        kind: 'forest',
        inputs,
        trees,
        split,
        bin,
        cover,
        positives,
        classWeights,
      },
      outOfBag: grown.outOfBag,
    };
  },
  pack: (estimator) => ({
    ...packTrees(estimator),
    kind: estimator.kind,
    positives: packArray(estimator.positives),
    classWeights: estimator.classWeights,
  }),
  unpack(value, features) {
    const written = fieldsOf(value, 'estimator', [
      'kind',
      ...TREE_FIELDS,
      'positives',
      'classWeights',
    ]);
    const trees = unpackTrees(written, features);
    const positives = countsOf(written['positives'], 'estimator.positives');
    if (positives.length !== trees.cover.length) {
      refusePart('estimator.positives', 'has not one entry a leaf');
    }
    for (let leaf = 0; leaf < positives.length; leaf += 1) {
      if (!((positives[leaf] ?? 0) <= (trees.cover[leaf] ?? 0))) {
        refusePart('estimator.positives', `is more than the cover at leaf ${leaf}`);
      }
    }
    const [w0, w1, ...more] = listOf(written['classWeights'], 'estimator.classWeights');
    if (!isWeight(w0) || !isWeight(w1) || more.length > 0) {
      return refusePart('estimator.classWeights', 'are not two numbers from 1e-12 to 1e12');
    }
    return { kind: 'forest', ...trees, positives, classWeights: [w0, w1] };
  },
  reader(estimator) {
    const { trees } = estimator;
    return treeReader(estimator, leafProbabilities(estimator), (sum) => sum / trees);
  },
};

/** Within this range no share of a leaf overflows. */
function isWeight(value: unknown): value is number {
  return typeof value === 'number' && value >= 1e-12 && value <= 1e12;
}
