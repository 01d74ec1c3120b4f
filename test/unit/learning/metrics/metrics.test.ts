import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Confusion, METRIC_NAMES } from '#domain/metrics.ts';
import { confusion, type Metrics, metricsOf } from '#learning/metrics/metrics.ts';
import { thrownBy } from '../made-up-table.ts';

interface Case {
  name: string;
  threshold: number;
  scores: number[];
  labels: number[];
  confusion: Confusion;
  metrics: Metrics;
}
const fixture = JSON.parse(
  readFileSync(new URL('../../../fixtures/metrics/expected.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

describe('metrics', () => {
  it('are what a hand computes', () => {
    // Pairs: 0.8 > 0.3, 0.8 > 0.5; 0.5 > 0.3, 0.5 ties 0.5: 3.5 of 4.
    const scores = Float64Array.of(0.3, 0.5, 0.5, 0.8);
    const labels = Uint8Array.of(0, 0, 1, 1);
    const found = metricsOf(scores, labels, 0.5);
    expect(found.auc).toBe(0.875);
    expect(found.accuracy).toBe(0.75);
    expect(found.precision).toBeCloseTo(2 / 3, 15);
    expect(found.recall).toBe(1);
    expect(found.f1).toBe(0.8);
    // Half the positives at precision 1, the other half at 2 of 3.
    expect(found.prAuc).toBeCloseTo(0.5 + 0.5 * (2 / 3), 15);
    expect(found.brier).toBeCloseTo((0.09 + 0.25 + 0.25 + 0.04) / 4, 15);
    // A tenth of four rows is one; a half is two, and a positive and a negative tie for the second place.
    expect(found.precisionAtK).toBe(1);
    expect(metricsOf(scores, labels, 0.5, 0.5).precisionAtK).toBe(0.75);
    // 0.3 says 0.3 and is 0; 0.5 twice says 0.5 and is half; 0.8 says 0.8 and is 1.
    expect(found.ece).toBeCloseTo((0.3 + 0 + 0.2) / 4, 15);
    expect(found.logLoss).toBeCloseTo(-Math.log(0.7 * 0.5 * 0.5 * 0.8) / 4, 15);
  });

  it.each(fixture.cases)(
    "are scikit-learn's: $name",
    ({ scores, labels, threshold, ...expected }) => {
      const found = metricsOf(Float64Array.from(scores), Uint8Array.from(labels), threshold);
      for (const name of METRIC_NAMES)
        expect(found[name], name).toBeCloseTo(expected.metrics[name], 12);
      expect(confusion(Float64Array.from(scores), Uint8Array.from(labels), threshold)).toEqual(
        expected.confusion,
      );
    },
  );

  it('are refused for one class, for NaN and for lengths that differ', () => {
    const scores = Float64Array.of(0.1, 0.2);
    expect(thrownBy(() => metricsOf(scores, Uint8Array.of(1, 1), 0.5)).name).toBe('OneClass');
    expect(thrownBy(() => metricsOf(scores, Uint8Array.of(1), 0.5)).name).toBe('ScoresInvalid');
    for (const bad of [Number.NaN, 1.1, -0.1]) {
      const error = thrownBy(() => metricsOf(Float64Array.of(0.1, bad), Uint8Array.of(0, 1), 0.5));
      expect(error).toMatchObject({ name: 'ScoresInvalid' });
      expect(error.message).toContain('row 1');
    }
  });
});
