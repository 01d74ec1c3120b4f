/** The estimators that a pipeline can have: a further one is a file and a line here. */
import type { EstimatorKind } from './estimator-kind.ts';
import { type Logistic, logistic } from '#learning/linear/logistic.ts';
import { type Boosting, boosting } from '#learning/trees/boosting.ts';
import { type ForestEstimator, forest } from '#learning/trees/forest-estimator.ts';
import { type VotingEstimator, votingForest } from '#learning/trees/ml-random-forest.ts';

export type Estimator = ForestEstimator | Boosting | Logistic | VotingEstimator;

const ESTIMATORS = { forest, boosting, logistic, 'ml-random-forest': votingForest };

/** An estimator's name: in a file its `kind`, in a candidate its `algorithm`. */
export type EstimatorName = keyof typeof ESTIMATORS;

const BY_NAME: ReadonlyMap<string, EstimatorKind<Estimator>> = new Map(Object.entries(ESTIMATORS));

export const ESTIMATOR_NAMES: readonly string[] = [...BY_NAME.keys()];

/** The verbs of an estimator; undefined where there is none of that name. */
export function estimatorKind(name: string): EstimatorKind<Estimator> | undefined {
  return BY_NAME.get(name);
}
