import { trainStep } from '../../release/train-step.ts';

/**
 * Chooses among the candidates on folds of the training rows and fits the chosen one on all of them: the
 * challenger. Throws what `trainStep` throws.
 */
export const fullTrain = trainStep('full');
