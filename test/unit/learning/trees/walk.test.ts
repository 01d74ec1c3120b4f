import { describe, expect, it } from 'vitest';
import { fitBins } from '#learning/trees/bins.ts';
import { growForest } from '#learning/trees/forest.ts';
import { unroll } from '#learning/trees/preorder.ts';
import { BLOCK, type Walkable, walker } from '#learning/trees/walk.ts';
import { madeUp } from '../made-up-table.ts';

/** Any trees will do: leaves of odd values, so that a wrong order of adding shows. */
function grown(trees: number): { walkable: Walkable; bins: Uint8Array[] } {
  const { table, labels } = madeUp(BLOCK);
  const bins = table.columns.map((column) => fitBins(column, labels).bytes);
  const settings = { trees, maxDepth: 9, minLeaf: 1, featuresPerSplit: 'sqrt' } as const;
  const { forest } = growForest({ bins, labels, settings, seed: 5 });
  const leaf = Float64Array.from(forest.cover, (_, i) => Math.sin(i + 1) * 10 ** (i % 7));
  return { walkable: { ...forest, leaf }, bins };
}

/** The definition, a step at a time. */
function slowly({ trees, features, split, bin, leaf }: Walkable, cells: readonly number[]): number {
  const { roots, next, splitIndex } = unroll(split, trees);
  let sum = 0;
  for (let node of roots) {
    for (let code = split[node]!; code > 0; code = split[node]!) {
      const cell = cells[(code - 1) % features]!;
      const left = cell === 255 ? code > features : cell <= bin[splitIndex[node]!]!;
      node = left ? node + 1 : next[node]!;
    }
    sum += leaf[next[node]!]!;
  }
  return sum;
}

describe('a walker', () => {
  it.each([1, 7, 8, 9, 40])('adds up the leaves of %d trees, alone and in a block', (trees) => {
    const { walkable, bins } = grown(trees);
    const { put, sum } = walker(walkable);
    const expected = Array.from({ length: BLOCK }, (_, row) =>
      slowly(
        walkable,
        bins.map((column) => column[row]!),
      ),
    );
    for (let row = 0; row < BLOCK; row += 1) bins.forEach((c, f) => put(row, f, c[row]!));
    const out = new Float64Array(BLOCK + 2).fill(-1);
    sum(BLOCK, out, 1);
    expect([...out]).toEqual([-1, ...expected, -1]);
    sum(13, out, 0);
    expect([...out.subarray(0, 14)]).toEqual([...expected.slice(0, 13), expected[12]]);
    for (let row = 0; row < BLOCK; row += 1) {
      bins.forEach((c, f) => put(0, f, c[row]!));
      sum(1, out, row);
    }
    expect([...out.subarray(0, BLOCK)]).toEqual(expected);
  });

  it('takes more features than a byte has codes for', () => {
    const features = 300;
    const split = Uint16Array.of(1 + 299, 1 + features + 299, 0, 0, 0);
    const walkable = {
      trees: 1,
      features,
      split,
      bin: Uint8Array.of(100, 20),
      leaf: Float64Array.of(1, 2, 4),
    };
    const { put, sum } = walker(walkable);
    const out = new Float64Array(5);
    [0, 20, 21, 101, 255].forEach((cell, row) => put(row, 299, cell));
    sum(5, out, 0);
    expect([...out]).toEqual([1, 1, 2, 4, 4]);
  });
});
