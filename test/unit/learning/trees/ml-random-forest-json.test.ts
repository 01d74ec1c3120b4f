import { RandomForestClassifier } from 'ml-random-forest';
import { expect, it } from 'vitest';
import { substream } from '#learning/random.ts';
import type { Table } from '#learning/table.ts';
import { forest, leafProbabilities } from '#learning/trees/forest-estimator.ts';
import { toMlRandomForest } from '#learning/trees/ml-random-forest-json.ts';
import { walker } from '#learning/trees/walk.ts';
import { binOfNumber } from '#learning/trees/bins.ts';
import { madeUp, thrownBy } from '../made-up-table.ts';

/** Numbers of which many stand right on a cut; a column may lack some. */
function numbers(rows: number, seed: number, missing = 0): { table: Table; labels: Uint8Array } {
  const random = substream(seed, 'numbers');
  const columns = Array.from({ length: 6 }, (_, f) => ({
    kind: 'numeric' as const,
    name: `x${f}`,
    values: Float64Array.from({ length: rows }, () => {
      const value = random.nextNormal() * 10 ** (f - 3);
      if (random.nextFloat() < missing) return Number.NaN;
      return f % 2 === 0 ? value : Math.round(4 * value) / 8;
    }),
  }));
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    const odds = 800 * columns[0]!.values[row]! + columns[3]!.values[row]! - 0.2;
    return random.nextFloat() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
  });
  return { table: { rows, columns }, labels };
}

it.each([0, 0.1])('votes as the library does on 5,000 rows; missing in training: %d', (missing) => {
  const train = numbers(1500, 1, missing);
  const settings = forest.check({
    trees: 25,
    maxDepth: 12,
    minLeaf: 1,
    featuresPerSplit: 'sqrt',
    classWeight: 1.5,
  });
  const { estimator } = forest.fit({ ...train, settings, seed: 2, outOfBag: false });
  const { table } = numbers(5000, 2);
  // A third of the cells stand right on an edge, or a step beside it.
  const rows = Array.from({ length: table.rows }, (_, row) =>
    table.columns.map((column, f) => {
      const input = estimator.inputs[f]!;
      const edges = input.kind === 'bin' ? input.edges : new Float64Array(0);

      const value = column.kind === 'numeric' ? column.values[row]! : 0;
      // A constant column has none.
      const edge = edges[(row * 7) % edges.length] ?? value;
      return row % 3 > 0 ? value : row % 2 === 0 ? edge : edge * (1 + 2 ** -52);
    }),
  );
  const library = RandomForestClassifier.load(
    JSON.parse(JSON.stringify(toMlRandomForest(estimator))),
  );
  const votes = library.predict(rows);
  const share = leafProbabilities(estimator);
  const { put, sum } = walker({
    ...estimator,
    features: 6,
    leaf: share.map((probability) => (probability > 0.5 ? 1 : 0)),
  });
  const out = new Float64Array(1);
  let different = 0;
  let positive = 0;
  rows.forEach((row, i) => {
    row.forEach((value, f) => {
      const input = estimator.inputs[f]!;
      put(0, f, binOfNumber(input.kind === 'bin' ? input.edges : new Float64Array(0), value));
    });
    sum(1, out, 0);
    const vote = out[0]! > 12 ? 1 : 0;
    positive += vote;
    if (vote !== votes[i]) different += 1;
  });
  expect(different).toBe(0);
  expect(positive).toBeGreaterThan(1000);
  expect(positive).toBeLessThan(4500);
});

it('refuses a categorical feature, which the library cannot read', () => {
  const made = madeUp(200);
  const settings = forest.check({ trees: 2, maxDepth: 3, minLeaf: 1, featuresPerSplit: 'all' });
  const { estimator } = forest.fit({ ...made, settings, seed: 2, outOfBag: false });
  expect(thrownBy(() => toMlRandomForest(estimator)).name).toBe('TableInvalid');
});
