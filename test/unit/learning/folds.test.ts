import { describe, expect, it } from 'vitest';
import {
  groupedFolds,
  stratifiedFolds,
  stratifiedGroupedFolds,
  timeOrderedSplits,
} from '#learning/folds.ts';
import { substream } from '#learning/random.ts';
import { thrownBy } from './made-up-table.ts';
import { readTableOf } from './read-table.ts';

function made(rows: number): { labels: Uint8Array; groups: Int32Array } {
  const random = substream(4, 'folds test');
  const groups = new Int32Array(rows).map(() => Math.floor(random.nextFloat() ** 1.5 * 60));
  return {
    groups,
    labels: Uint8Array.from(groups, (g) => (random.nextFloat() < (g % 5) / 6 ? 1 : 0)),
  };
}

function counts(folds: Int32Array, labels: Uint8Array, k: number): number[][] {
  const out = Array.from({ length: k }, () => [0, 0]);
  folds.forEach((fold, row) => {
    out[fold]![labels[row]!]! += 1;
  });
  return out;
}

function groupsStayTogether(folds: Int32Array, groups: Int32Array): void {
  const foldOf = new Map<number, number>();
  groups.forEach((group, row) => {
    expect(foldOf.get(group) ?? folds[row]).toBe(folds[row]);
    foldOf.set(group, folds[row]!);
  });
}

const spread = (values: number[]): number => Math.max(...values) - Math.min(...values);

describe('stratified folds', () => {
  it('differ by one row in each class, and in all', () => {
    const { labels } = made(503);
    const each = counts(stratifiedFolds(labels, 7, 1), labels, 7);
    for (const label of [0, 1]) expect(spread(each.map((n) => n[label]!))).toBeLessThanOrEqual(1);
    expect(spread(each.map(([a, b]) => a! + b!))).toBeLessThanOrEqual(1);
  });

  it('come from the seed alone', () => {
    const { labels } = made(503);
    expect(stratifiedFolds(labels, 5, 1)).toEqual(stratifiedFolds(labels, 5, 1));
    expect(stratifiedFolds(labels, 5, 1)).not.toEqual(stratifiedFolds(labels, 5, 2));
  });

  it('are refused where a class has fewer rows, or with no whole number of 2 or more', () => {
    const labels = Uint8Array.of(1, 1, 0, 0, 0, 0, 0);
    expect(stratifiedFolds(labels, 2, 1)).toHaveLength(7);
    const error = thrownBy(() => stratifiedFolds(labels, 3, 1));
    expect(error).toMatchObject({ name: 'SettingsInvalid', subject: 'folds' });
    expect(error.message).toContain('class 1, 2');
    for (const folds of [1, 0, -1, 2.5, Number.NaN]) {
      expect(thrownBy(() => stratifiedFolds(labels, folds, 1)).name).toBe('SettingsInvalid');
      expect(thrownBy(() => groupedFolds(Int32Array.of(1, 2, 3), folds, 1)).name).toBe(
        'SettingsInvalid',
      );
    }
  });
});

describe('stratified grouped folds', () => {
  it('keep groups together and shares alike, where grouped folds alone do not', () => {
    const { labels, groups } = made(3000);
    const folds = stratifiedGroupedFolds(labels, groups, 5, 1);
    groupsStayTogether(folds, groups);
    const rates = (of: Int32Array): number[] =>
      counts(of, labels, 5).map(([a, b]) => b! / (a! + b!));
    expect(spread(rates(folds))).toBeLessThan(spread(rates(groupedFolds(groups, 5, 1))) / 2);
    expect(spread(counts(folds, labels, 5).map(([a, b]) => a! + b!))).toBeLessThan(60);
  });

  it('give doctor-visits, where equal features are one group, five folds alike in size and share', () => {
    const { table, labels } = readTableOf('models/doctor-visits/data.csv', 'visited', 'yes');
    const numbers = new Map<string, number>();
    const groups = new Int32Array(table.rows).map((_, row) => {
      const key = table.columns
        .map((column) => String(column.kind === 'numeric' ? column.values[row] : 0))
        .join();
      const known = numbers.get(key) ?? numbers.size;
      numbers.set(key, known);
      return known;
    });
    expect(numbers.size).toBe(2760);
    const folds = stratifiedGroupedFolds(labels, groups, 5, 1);
    groupsStayTogether(folds, groups);
    for (const [negatives, positives] of counts(folds, labels, 5)) {
      expect(Math.abs(negatives! + positives! - 4038)).toBeLessThan(40);
      expect(Math.abs(positives! / (negatives! + positives!) - 0.688)).toBeLessThan(0.005);
    }
  });

  it('are refused where a class stands in fewer groups', () => {
    const groups = Int32Array.of(1, 1, 2, 2, 3, 3);
    const error = thrownBy(() =>
      stratifiedGroupedFolds(Uint8Array.of(1, 0, 1, 0, 0, 0), groups, 3, 1),
    );
    expect(error).toMatchObject({ name: 'SettingsInvalid', subject: 'folds' });
    expect(error.message).toContain('class 1, 2');
    expect(thrownBy(() => stratifiedGroupedFolds(Uint8Array.of(1), groups, 2, 1)).name).toBe(
      'TableInvalid',
    );
  });
});

describe('time-ordered splits', () => {
  const splits = (...of: Parameters<typeof timeOrderedSplits>) =>
    timeOrderedSplits(...of).map(({ training, held }) => [[...training], [...held]]);

  it("are scikit-learn's TimeSeriesSplit(3), and its gap of 1, on seven rows in order", () => {
    const times = Float64Array.of(0, 1, 2, 3, 4, 5, 6);
    expect(splits(times, 3)).toEqual([
      [[0, 1, 2, 3], [4]],
      [[0, 1, 2, 3, 4], [5]],
      [[0, 1, 2, 3, 4, 5], [6]],
    ]);
    expect(splits(times, 3, { gap: 1 })).toEqual([
      [[0, 1, 2], [4]],
      [[0, 1, 2, 3], [5]],
      [[0, 1, 2, 3, 4], [6]],
    ]);
  });

  it('keep rows of one time together, in any order of rows', () => {
    expect(splits(Float64Array.of(30, 10, 20, 30, 10, 20), 2)).toEqual([
      [
        [1, 4],
        [2, 5],
      ],
      [
        [1, 2, 4, 5],
        [0, 3],
      ],
    ]);
  });

  it('never hold out a group that was fitted on', () => {
    const groups = Int32Array.of(7, 8, 8, 9, 7, 6);
    expect(splits(Float64Array.of(1, 1, 2, 2, 3, 3), 2, { groups })).toEqual([
      [[0, 1], [3]],
      [[0, 1, 2, 3], [5]],
    ]);
  });

  it('are refused with too few times, or with nothing left to fit on', () => {
    const times = Float64Array.of(1, 2, 2, 3);
    expect(thrownBy(() => timeOrderedSplits(times, 3)).name).toBe('SettingsInvalid');
    expect(thrownBy(() => timeOrderedSplits(times, 2, { gap: 1 })).message).toContain('split 0');
    expect(thrownBy(() => timeOrderedSplits(times, 2, { gap: 5 })).message).toContain('split 0');
    expect(thrownBy(() => timeOrderedSplits(times, 2, { gap: 0.5 }))).toMatchObject({
      subject: 'gap',
    });
    expect(thrownBy(() => timeOrderedSplits(Float64Array.of(1, Number.NaN, 3), 2))).toMatchObject({
      name: 'TableInvalid',
      message: expect.stringContaining('row 1') as string,
    });
  });
});
