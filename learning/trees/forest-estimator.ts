/** The forest as an estimator of the pipeline. */
import type { TreesOverBins } from './tree-estimator.ts';

/** Its score is the mean over trees of w1·positives / (w1·positives + w0·negatives) of a row's leaf. */
export interface ForestEstimator extends TreesOverBins {
  readonly kind: 'forest';
  /** One a leaf: bootstrap draws of the positive class, out of `cover`. */
  readonly positives: Uint16Array | Uint32Array;
  /** What a row of class 0 and of class 1 weighs; finite, above 0. */
  readonly classWeights: readonly [number, number];
}
