import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  groupsToSettle,
  judgingGroups,
  pairedAuc,
  type JudgingGroups,
} from '#learning/metrics/jackknife.ts';
import { metricsOf } from '#learning/metrics/metrics.ts';
import { studentDistribution, studentQuantile } from '#learning/metrics/student.ts';

interface Case {
  readonly name: string;
  readonly groups: readonly number[];
  readonly labels: readonly number[];
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly judging: JudgingGroups;
  readonly estimate: number;
  readonly standardError: number;
  readonly lower: number;
  readonly upper: number;
  readonly degrees: number;
}
const expected = JSON.parse(
  readFileSync(new URL('../../../fixtures/jackknife/expected.json', import.meta.url), 'utf8'),
) as {
  readonly quantiles: readonly {
    readonly p: number;
    readonly degrees: number;
    readonly t: number;
  }[];
  readonly cases: readonly Case[];
};

describe('Student’s distribution', () => {
  it.each(expected.quantiles)('has SciPy’s quantile at $p with $degrees degrees', (one) => {
    const t = studentQuantile(one.p, one.degrees);
    expect(Math.abs(t - one.t)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(one.t)));
  });

  it('is a distribution, and the quantile its inverse', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.0001, max: 0.9999, noNaN: true }),
        fc.integer({ min: 1, max: 5000 }),
        (p, degrees) => {
          expect(studentDistribution(studentQuantile(p, degrees), degrees)).toBeCloseTo(p, 10);
        },
      ),
    );
  });

  it.each([
    [0, 5],
    [1, 5],
    [Number.NaN, 5],
    [0.95, 0],
    [0.95, 2.5],
  ])('refuses a quantile at %d with %d degrees', (p, degrees) => {
    expect(() => studentQuantile(p, degrees)).toThrow('there is no quantile');
  });
});

describe('the paired difference in AUC', () => {
  it.each(expected.cases)('is scikit-learn’s, one group left out at a time: $name', (one) => {
    const rows = { labels: Uint8Array.from(one.labels), groups: Int32Array.from(one.groups) };
    const found = pairedAuc(
      Float64Array.from(one.first),
      Float64Array.from(one.second),
      rows,
      0.05,
    );
    const judging = judgingGroups(rows);
    expect(judging.effective.rows).toBeCloseTo(one.judging.effective.rows, 10);
    expect({ ...judging, effective: one.judging.effective }).toEqual(one.judging);
    expect(found.degrees).toBe(one.degrees);
    for (const name of ['estimate', 'standardError', 'lower', 'upper'] as const) {
      expect(found[name], name).toBeCloseTo(one[name], 10);
    }
  });

  /** Scores of few values, so that ties are common. */
  const rowsOf = (count: number) =>
    fc.array(
      fc.record({
        label: fc.nat(1),
        group: fc.nat(7),
        first: fc.nat(4),
        second: fc.nat(4),
      }),
      { minLength: count, maxLength: 40 },
    );

  it('equals AUC counted anew without each group, to the digit, in any order of the rows', () => {
    fc.assert(
      fc.property(rowsOf(4), fc.integer(), (rows, seed) => {
        const both = [0, 1].every((label) => rows.some((row) => row.label === label));
        fc.pre(both);
        const asked = (list: typeof rows) =>
          pairedAuc(
            Float64Array.from(list, (row) => row.first / 4),
            Float64Array.from(list, (row) => row.second / 4),
            {
              labels: Uint8Array.from(list, (row) => row.label),
              groups: Int32Array.from(list, (row) => row.group),
            },
            0.05,
          );
        const found = asked(rows);
        const shuffled = [...rows].sort(
          (a, b) => ((a.first * 7 + a.group + seed) % 5) - ((b.first * 7 + b.group + seed) % 5),
        );
        expect(asked(shuffled)).toEqual(found);
        if (found.standardError === null) return;
        const differences = [...new Set(rows.map((row) => row.group))].map((group) => {
          const left = rows.filter((row) => row.group !== group);
          const labels = Uint8Array.from(left, (row) => row.label);
          const of = (which: 'first' | 'second') =>
            metricsOf(
              Float64Array.from(left, (row) => row[which] / 4),
              labels,
              0.5,
            ).auc;
          return of('first') - of('second');
        });
        const mean = differences.reduce((sum, d) => sum + d, 0) / differences.length;
        const squares = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0);
        const error = Math.sqrt((squares * (differences.length - 1)) / differences.length);
        expect(found.standardError).toBeCloseTo(error, 10);
      }),
    );
  });

  it('of a model and itself is exactly 0, without doubt', () => {
    const scores = Float64Array.from({ length: 60 }, (_, i) => (i * 7) % 11);
    const labels = Uint8Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const groups = Int32Array.from({ length: 60 }, (_, i) => i);
    expect(
      pairedAuc(
        scores.map((s) => s / 11),
        scores.map((s) => s / 11),
        { labels, groups },
        0.05,
      ),
    ).toMatchObject({ estimate: 0, standardError: 0, lower: 0, upper: 0 });
  });

  it.each([
    ['one group', Int32Array.from({ length: 20 }, () => 3)],
    ['all positives in one group', Int32Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : i))],
    ['all negatives in one group', Int32Array.from({ length: 20 }, (_, i) => (i < 10 ? i : 10))],
  ])('has no bound by %s', (_what, groups) => {
    const labels = Uint8Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 0));
    const scores = Float64Array.from({ length: 20 }, (_, i) => ((i * 3) % 7) / 7);
    const other = Float64Array.from({ length: 20 }, (_, i) => ((i * 5) % 11) / 11);
    const { estimate, ...rest } = pairedAuc(scores, other, { labels, groups }, 0.05);
    expect(estimate).not.toBe(0);
    expect(rest).toEqual({ standardError: null, lower: null, upper: null, degrees: 0 });
  });
});

describe('the groups that would settle it', () => {
  const how = { groups: 100, alpha: 0.05, power: 0.9, difference: 0.01 };

  it('grow with the square of the error, and fall with that of the difference', () => {
    const n = groupsToSettle({ standardError: 0.01, degrees: 99 }, how);
    // 100 ((1.6606 + 1.2903) · 0.01 / 0.01)² (1 + 2/98), quantiles of SciPy with 98 degrees.
    expect(n).toBe(Math.ceil(100 * (1.660551 + 1.290251) ** 2 * (1 + 2 / 98)));
    expect(groupsToSettle({ standardError: 0.02, degrees: 99 }, how)).toBeGreaterThan(
      3.9 * (n ?? 0),
    );
    expect(
      groupsToSettle({ standardError: 0.01, degrees: 99 }, { ...how, difference: 0.02 }),
    ).toBeLessThan(0.26 * (n ?? 0));
  });

  it('are none where no error was measured, or where too few groups measured it', () => {
    expect(groupsToSettle({ standardError: null, degrees: 99 }, how)).toBeNull();
    expect(groupsToSettle({ standardError: 0.01, degrees: 1 }, how)).toBeNull();
    expect(
      groupsToSettle({ standardError: 0.01, degrees: 9 }, { ...how, difference: 0 }),
    ).toBeNull();
  });
});
