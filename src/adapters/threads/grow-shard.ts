/** The thread of `grow-forest.ts`: grows its share of the trees, posts them and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Outcome } from './grow-forest.ts';
import { LearningError } from '#learning/errors.ts';
import { type GrowInput, growShard } from '#learning/trees/forest.ts';

/** The other side is `grow-forest.ts`, of the same commit. */
const isInput = (value: unknown): value is GrowInput => typeof value === 'object' && value !== null;
const input: unknown = workerData;
if (!isInput(input)) throw new Error('this file is a thread of grow-forest.ts');
parentPort?.postMessage(outcomeOf(input));

function outcomeOf(share: GrowInput): Outcome {
  try {
    return { shard: growShard(share) };
  } catch (error) {
    if (!(error instanceof LearningError)) throw error;
    const { name, message, subject } = error;
    return { refused: { name, message, subject } };
  }
}
