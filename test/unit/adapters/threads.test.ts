import type { Worker, WorkerOptions } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { growForestOnThreads } from '#adapters/threads/grow-forest.ts';
import { fitBins } from '#learning/trees/bins.ts';
import { LearningError } from '#learning/errors.ts';
import { type GrowInput, growForest } from '#learning/trees/forest.ts';
import { madeUp } from '../learning/made-up-table.ts';

const { table, labels } = madeUp(600);
const input: GrowInput = {
  bins: table.columns.map((column) => fitBins(column, labels).bytes),
  labels,
  settings: { trees: 4, maxDepth: 10, minLeaf: 2, featuresPerSplit: 'sqrt' },
  seed: 11,
  firstTree: 4,
  outOfBag: true,
};

/** What becomes of further threads. */
let fate: (worker: Worker) => void = () => undefined;
vi.mock('node:worker_threads', async (original) => {
  const actual = await original<typeof import('node:worker_threads')>();
  class Doomed extends actual.Worker {
    constructor(file: URL, options: WorkerOptions) {
      super(file, options);
      fate(this);
    }
  }
  return { ...actual, Worker: Doomed };
});

describe('threads', () => {
  afterEach(() => {
    fate = () => undefined;
  });

  it.each([1, 2, 3, 9])(
    '%d grow the bytes of one, and the same out-of-bag scores',
    async (threads) => {
      expect(await growForestOnThreads(input, threads)).toStrictEqual(growForest(input));
    },
  );

  it('pass on what this thread refuses', async () => {
    const settings = { ...input.settings, featuresPerSplit: 9 };
    await expect(growForestOnThreads({ ...input, settings }, 2)).rejects.toMatchObject({
      name: 'SettingsInvalid',
      subject: 'featuresPerSplit',
    });
  });

  it('pass on what only another thread refuses, as the error that it was', async () => {
    // The first two trees have numbers that a seed may have, the other thread's two don't.
    const firstTree = Number.MAX_SAFE_INTEGER - 1;
    const grown = growForestOnThreads({ ...input, firstTree }, 2);
    await expect(grown).rejects.toBeInstanceOf(LearningError);
    await expect(grown).rejects.toMatchObject({ name: 'SeedInvalid' });
  });

  it('that die leave an error, not a caller that waits', async () => {
    fate = (worker) => void worker.terminate();
    await expect(growForestOnThreads(input, 3)).rejects.toThrow(
      'a training thread ended without its trees',
    );
  });
});
