import { describe, expect, it } from 'vitest';
import { permutationImportance } from '#learning/explain/permutation.ts';
import { substream } from '#learning/random.ts';
import type { Table } from '#learning/table.ts';
import { fitBins } from '#learning/trees/bins.ts';
import { growForest } from '#learning/trees/forest.ts';
import { impurityImportance } from '#learning/trees/importance.ts';
import { thrownBy } from '../made-up-table.ts';

describe('impurity importance', () => {
  // scikit-learn 1.9.1, DecisionTreeClassifier(max_depth=4, min_samples_leaf=3) on the same rows; its six
  // first seeds agree, so no tie decides.
  it.each([
    [1, [0.4466134795096352, 0.20463916490728332, 0.34874735558308156]],
    [3, [0.44225963297401766, 0.1226888750290042, 0.43505149199697807]],
  ])("is scikit-learn's where positives weigh %d", (classWeight, expected) => {
    const rows = Array.from({ length: 211 }, (_, i) => {
      const x = [(i * 37) % 101, (i * 53 + 7) % 89, (i * 71 + 3) % 97] as const;
      const label = (x[0] > 50 && x[1] < 60) || x[2] > 80;
      return { x, label: (i % 17 === 0) === label ? 0 : 1 };
    });
    const labels = Uint8Array.from(rows, ({ label }) => label);
    const bins = [0, 1, 2].map((f) => {
      const values = Float64Array.from(rows, ({ x }) => x[f]!);
      const column = { kind: 'numeric', name: `x${f}`, values } as const;
      return fitBins(column, labels).bytes;
    });
    const { forest } = growForest({
      bins,
      labels,
      settings: { trees: 1, maxDepth: 4, minLeaf: 3, featuresPerSplit: 'all', classWeight },
      seed: 1,
      bootstrap: false,
    });
    expect(forest.cover).toHaveLength(11);
    impurityImportance(forest).forEach((share, f) => expect(share).toBeCloseTo(expected[f]!, 12));
  });

  it('averages over trees what each has scaled to 1, and is 0 of trees without a split', () => {
    const forest = {
      trees: 3,
      features: 2,
      // A split of feature 0, one of feature 1, and a lone leaf.
      split: Uint8Array.of(1, 0, 0, 2, 0, 0, 0),
      bin: Uint8Array.of(0, 0),
      cover: Uint16Array.of(5, 5, 100, 100, 7),
      positives: Uint16Array.of(0, 5, 40, 60, 3),
      classWeights: [1, 1],
    } as const;
    expect([...impurityImportance(forest)]).toEqual([0.5, 0.5]);
    const leaf = { cover: forest.cover.slice(4), positives: forest.positives.slice(4) };
    const lone = { ...forest, ...leaf, trees: 1, split: Uint8Array.of(0), bin: new Uint8Array(0) };
    expect([...impurityImportance(lone)]).toEqual([0, 0]);
  });
});

describe('permutation importance', () => {
  const random = substream(1, 'permutation test');
  const rows = 4000;
  const x = Float64Array.from({ length: rows }, () => random.nextFloat());
  const noise = Float64Array.from({ length: rows }, () => random.nextFloat());
  const labels = Uint8Array.from(x, (value) => (value > 0.5 ? 1 : 0));
  const table: Table = {
    rows,
    columns: [
      { kind: 'numeric', name: 'x', values: x },
      { kind: 'numeric', name: 'noise', values: noise },
    ],
  };
  // Its score is the column x.
  const scoreTable = ({ columns }: Pick<Table, 'columns'>): Float64Array => {
    const x = columns.find(({ name }) => name === 'x')!;
    return x.kind === 'numeric' ? x.values : new Float64Array(rows);
  };
  const scorer = {
    scoreTable,
    scoreChanges: ({ columns }: Table, changed: Table['columns']) =>
      changed.map((column) => scoreTable({ columns: [column, ...columns] })),
  };

  it('is the whole lead over chance for the one column that a perfect score reads, 0 for the other', () => {
    const [used, unused] = permutationImportance({ table, labels, scorer, seed: 3 });
    // AUC falls from 1 to that of luck; its standard error is √(1 / (12 · 2000 · 2000 / 4001)) = 0.009.
    expect(used!.column).toBe('x');
    expect(Math.abs(used!.mean - 0.5)).toBeLessThan(0.02);
    expect(used!.drops).toHaveLength(5);
    expect(used!.deviation).toBeGreaterThan(0.001);
    expect(used!.deviation).toBeLessThan(0.02);
    expect(unused).toEqual({ column: 'noise', drops: new Float64Array(5), mean: 0, deviation: 0 });
  });

  it('is the same for a seed, whatever columns stand beside, and other for another', () => {
    const ask = (columns: Table['columns'], seed: number) =>
      permutationImportance({ table: { rows, columns }, labels, scorer, seed, repeats: 2 })[0]!
        .drops;
    expect(ask(table.columns.slice(0, 1), 3)).toEqual(ask(table.columns, 3));
    expect(ask(table.columns, 4)).not.toEqual(ask(table.columns, 3));
  });

  it('refuses labels of one class', () => {
    const one = { table, labels: new Uint8Array(rows), scorer, seed: 1 };
    expect(thrownBy(() => permutationImportance(one)).name).toBe('OneClass');
  });
});
