import { trainStep } from '../../release/train-step.ts';

/**
 * Trains the first candidate, small and on a sample: a commit that can't be trained at all is found in
 * seconds. Throws what `trainStep` throws.
 */
export const quickTrain = trainStep('quick');
