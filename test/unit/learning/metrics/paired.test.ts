import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRIC_NAMES } from '#domain/metrics.ts';
import { metricsOf } from '#learning/metrics/metrics.ts';
import { bootstrap, pairedDifference, type ModelScores } from '#learning/metrics/paired.ts';
import { substream } from '#learning/random.ts';
import { thrownBy } from '../made-up-table.ts';

const how = { replicates: 200, alpha: 0.05, seed: 1 };

const data = fc
  .array(
    fc.record({
      a: fc.constantFrom(0, 0.1, 0.25, 0.5, 0.75, 1),
      b: fc.constantFrom(0, 0.1, 0.25, 0.5, 0.75, 1),
      label: fc.integer({ min: 0, max: 1 }),
      group: fc.integer({ min: -3, max: 12 }),
    }),
    { minLength: 20, maxLength: 60 },
  )
  .filter((rows) => {
    const positives = rows.filter((row) => row.label === 1);
    const distinct = (part: typeof rows) => new Set(part.map((row) => row.group)).size;
    return distinct(positives) > 5 && distinct(rows.filter((row) => row.label === 0)) > 5;
  })
  .map((rows) => ({
    a: { scores: Float64Array.from(rows, (row) => row.a), threshold: 0.5 } satisfies ModelScores,
    b: { scores: Float64Array.from(rows, (row) => row.b), threshold: 0.25 } satisfies ModelScores,
    labels: Uint8Array.from(rows, (row) => row.label),
    groups: Int32Array.from(rows, (row) => row.group),
  }));

describe('a paired difference', () => {
  it('is 0 for a model against itself, in every metric', () => {
    fc.assert(
      fc.property(data, fc.constantFrom(...METRIC_NAMES), ({ a, labels, groups }, metric) => {
        const found = pairedDifference(a, a, { ...how, labels, groups }, metric);
        expect(found).toMatchObject({ estimate: 0, lower: 0, upper: 0, standardError: 0 });
      }),
      { numRuns: 30 },
    );
  });

  it('turns its sign, exactly, when the models change places', () => {
    fc.assert(
      fc.property(data, ({ a, b, labels, groups }) => {
        const there = pairedDifference(a, b, { ...how, labels, groups });
        const back = pairedDifference(b, a, { ...how, labels, groups });
        expect(back.estimate + there.estimate).toBe(0);
        expect(back.lower + there.upper).toBe(0);
        expect(back.upper + there.lower).toBe(0);
        expect(there.lower).toBeLessThanOrEqual(there.upper);
      }),
      { numRuns: 30 },
    );
  });

  it('equals brute force: rows written out as often as drawn, every metric computed anew', () => {
    fc.assert(
      fc.property(data, ({ a, b, labels, groups }) => {
        const names = [...new Set(groups)];
        const expected = METRIC_NAMES.map((): number[] => []);
        for (let replicate = 0; replicate < 60; replicate += 1) {
          const random = substream(1, 'bootstrap', replicate);
          const rows = names.flatMap(() => {
            const drawn = names[random.nextInt(names.length)]!;
            return [...groups.keys()].filter((row) => groups[row] === drawn);
          });
          const of = (model: ModelScores) =>
            metricsOf(
              Float64Array.from(rows, (row) => model.scores[row]!),
              Uint8Array.from(rows, (row) => labels[row]!),
              model.threshold,
            );
          const kinds = new Set(rows.map((row) => labels[row]));
          if (kinds.size < 2) continue;
          METRIC_NAMES.forEach((name, i) => expected[i]!.push(of(a)[name] - of(b)[name]));
        }
        const found = bootstrap([a, b], { labels, groups, replicates: 60, alpha: 0.05, seed: 1 });
        METRIC_NAMES.forEach((name, i) => {
          const sorted = expected[i]!.sort((x, y) => x - y);
          const rank = Math.floor(0.05 * (sorted.length + 1));
          const { lower, upper, replicates } = found.difference(0, 1, name);
          expect(replicates).toBe(sorted.length);
          expect(lower).toBeCloseTo(sorted[rank - 1]!, 10);
          expect(upper).toBeCloseTo(sorted[sorted.length - rank]!, 10);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('covers a true difference of 0 about nine times in ten, in groups of rows that repeat', () => {
    const random = substream(11);
    let covered = 0;
    const rounds = 150;
    for (let round = 0; round < rounds; round += 1) {
      const rows = 400;
      const labels = new Uint8Array(rows);
      const groups = new Int32Array(rows);
      const a = new Float64Array(rows);
      const b = new Float64Array(rows);
      // Groups of four equal rows: bootstrapping rows would be far too sure.
      for (let row = 0; row < rows; row += 4) {
        const label = random.nextFloat() < 0.5 ? 1 : 0;
        const [x, y] = [0, 0].map(() => 1 / (1 + Math.exp(-label - random.nextNormal())));
        for (let copy = row; copy < row + 4; copy += 1) {
          labels[copy] = label;
          groups[copy] = row;
          a[copy] = x!;
          b[copy] = y!;
        }
      }
      const scored = [a, b].map((scores) => ({ scores, threshold: 0.5 }));
      const plan = { labels, groups, replicates: 300, alpha: 0.05, seed: round };
      const { lower, upper } = pairedDifference(scored[0]!, scored[1]!, plan);
      if (lower <= 0 && upper >= 0) covered += 1;
    }
    expect(covered / rounds).toBeGreaterThan(0.84);
    expect(covered / rounds).toBeLessThan(0.96);
  });

  it('takes its bounds as the k-th smallest and k-th largest', () => {
    const labels = Uint8Array.from({ length: 50 }, (_, i) => i % 2);
    const groups = Int32Array.from({ length: 50 }, (_, i) => i);
    const scores = Float64Array.from({ length: 50 }, (_, i) => ((i * 37) % 50) / 50);
    const model = { scores, threshold: 0.5 };
    const at = (alpha: number) =>
      bootstrap([model], { labels, groups, replicates: 199, alpha, seed: 2 }, ['auc']).interval(
        0,
        'auc',
      );
    // 0.005 × 200 = 1: the extremes.
    const widest = at(0.005);
    expect(widest.lower).toBeLessThan(at(0.01).lower + 1e-12);
    expect(widest.upper).toBeGreaterThan(at(0.01).upper - 1e-12);
    expect(thrownBy(() => at(0.004)).name).toBe('SettingsInvalid');
  });

  it('says so where replicates lack a class', () => {
    const labels = Uint8Array.of(1, 0, 0, 0);
    const scores = Float64Array.of(0.9, 0.1, 0.2, 0.3);
    const model = { scores, threshold: 0.5 };
    const groups = Int32Array.of(1, 2, 2, 2);
    const plan = { ...how, labels, groups };
    expect(pairedDifference(model, model, plan).replicates).toBeLessThan(150);
    const one = { ...plan, groups: Int32Array.of(1, 1, 1, 1), labels: Uint8Array.of(1, 1, 1, 1) };
    expect(thrownBy(() => pairedDifference(model, model, one)).name).toBe('OneClass');
  });
});
