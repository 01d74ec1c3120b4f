import { describe, expect, it } from 'vitest';
import { growForestOnThreads } from '../../../adapters/threads/grow-forest.ts';
import { fitBins } from '../../../learning/trees/bins.ts';
import { type GrowInput, growForest } from '../../../learning/trees/forest.ts';
import { madeUp } from '../learning/made.ts';

const { table, labels } = madeUp(600);
const input: GrowInput = {
  bins: table.columns.map((column) => fitBins(column, labels).bytes),
  labels,
  settings: { trees: 4, maxDepth: 10, minLeaf: 2, featuresPerSplit: 'sqrt' },
  seed: 11,
  firstTree: 4,
  outOfBag: true,
};

describe('threads', () => {
  it.each([1, 2, 3, 9])('%d grow the bytes of one, and the same out-of-bag scores', (threads) => {
    expect(growForestOnThreads(input, threads)).toStrictEqual(growForest(input));
  });

  it('pass on what a thread refuses, with its name', () => {
    const settings = { ...input.settings, featuresPerSplit: 9 };
    expect(() => growForestOnThreads({ ...input, settings }, 2)).toThrow(
      expect.objectContaining({ name: 'SettingsInvalid' }),
    );
  });
});
