import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countThresholds, rocCurve, thresholdCurve } from '#learning/metrics/curves.ts';
import { liftAt, metricsOf, precisionAt } from '#learning/metrics/metrics.ts';
import { calibrationCurve, calibrationError } from '#learning/metrics/reliability.ts';
import { thrownBy } from '../made-up-table.ts';

interface Calibration {
  observed: number[];
  predicted: number[];
  rows: number[];
  error: number;
}
interface Case {
  name: string;
  scores: number[];
  labels: number[];
  curves: {
    falsePositiveRate: number[];
    truePositiveRate: number[];
    precision: number[];
    recall: number[];
    thresholds: number[];
    'equal-width': Calibration;
    'equal-mass': Calibration;
  };
}
const { cases } = JSON.parse(
  readFileSync(new URL('../../../fixtures/metrics/expected.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

function near(found: ArrayLike<number>, expected: number[], what: string): void {
  expect(found.length, what).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(found[i], `${what} ${i}`).toBeCloseTo(value, 12);
  });
}

const given = ({ scores, labels }: { scores: number[]; labels: number[] }) =>
  [Float64Array.from(scores), Uint8Array.from(labels)] as const;

describe('curves', () => {
  it.each(cases)("are scikit-learn's: $name", (one) => {
    const counts = countThresholds(...given(one));
    const roc = rocCurve(counts);
    near(roc.falsePositiveRate, one.curves.falsePositiveRate, 'false positive rate');
    near(roc.truePositiveRate, one.curves.truePositiveRate, 'true positive rate');
    const curve = thresholdCurve(counts);
    near(curve.thresholds, one.curves.thresholds, 'threshold');
    near(curve.precision, one.curves.precision, 'precision');
    near(curve.recall, one.curves.recall, 'recall');
  });

  it.each(cases)('have the areas that the metrics say: $name', (one) => {
    const [scores, labels] = given(one);
    const metrics = metricsOf(scores, labels, 0.5);
    const counts = countThresholds(scores, labels);
    const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(counts);
    let area = 0;
    for (let i = 1; i < x.length; i += 1) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
    expect(area).toBeCloseTo(metrics.auc, 12);
    const { precision, recall } = thresholdCurve(counts);
    let stairs = 0;
    precision.forEach((p, i) => {
      stairs += p * (recall[i]! - (recall[i - 1] ?? 0));
    });
    expect(stairs).toBeCloseTo(metrics.prAuc, 12);
  });

  it.each(cases)('have at each threshold what the labels there give: $name', (one) => {
    const [scores, labels] = given(one);
    const curve = thresholdCurve(countThresholds(scores, labels));
    curve.thresholds.forEach((threshold, i) => {
      const { f1, accuracy, precision } = metricsOf(scores, labels, threshold);
      expect(curve.f1[i]).toBe(f1);
      expect(curve.accuracy[i]).toBe(accuracy);
      const rows = one.scores.filter((score) => score >= threshold).length;
      expect(curve.share[i]).toBe(rows / scores.length);
      const base = one.labels.reduce((a, b) => a + b) / labels.length;
      expect(curve.lift[i]).toBeCloseTo(precision / base, 12);
    });
    expect(curve.lift.at(-1)).toBeCloseTo(1, 12);
  });
});

describe('precision among the k first', () => {
  const scores = [0.9, 0.5, 0.5, 0.5, 0.2];
  const labels = [0, 1, 0, 1, 0];

  it('is what a hand computes, ties by their expected value', () => {
    const at = (k: number) => precisionAt(k, ...given({ scores, labels }));
    expect(at(1)).toBe(0);
    // One of three equals, two of them positive.
    expect(at(2)).toBeCloseTo(2 / 3 / 2, 15);
    expect(at(3)).toBeCloseTo(4 / 3 / 3, 15);
    expect(at(4)).toBe(0.5);
    expect(at(5)).toBe(0.4);
    expect(liftAt(4, ...given({ scores, labels }))).toBe(1.25);
  });

  it('is the mean over all orders of equal scores', () => {
    const orders = (rest: number[]): number[][] =>
      rest.length === 0
        ? [[]]
        : rest.flatMap((one) =>
            orders(rest.filter((other) => other !== one)).map((more) => [one, ...more]),
          );
    const sorted = orders([0, 1, 2, 3, 4]).filter((order) =>
      order.every((row, i) => i === 0 || scores[order[i - 1]!]! >= scores[row]!),
    );
    expect(sorted).toHaveLength(6);
    for (let k = 1; k <= 5; k += 1) {
      const all = sorted.map(
        (order) => order.slice(0, k).filter((row) => labels[row] === 1).length / k,
      );
      const mean = all.reduce((a, b) => a + b) / all.length;
      expect(precisionAt(k, ...given({ scores, labels }))).toBeCloseTo(mean, 14);
    }
  });

  it('is refused for a k that is no number of rows', () => {
    for (const k of [0, 6, 1.5, -1, Number.NaN]) {
      expect(thrownBy(() => precisionAt(k, ...given({ scores, labels })))).toMatchObject({
        name: 'SettingsInvalid',
        subject: 'k',
      });
    }
  });
});

describe('calibration', () => {
  it.each(cases)("is scikit-learn's, by width and by mass: $name", (one) => {
    for (const binning of ['equal-width', 'equal-mass'] as const) {
      const curve = calibrationCurve(...given(one), binning, 10);
      const expected = one.curves[binning];
      near(curve.rows, expected.rows, `${binning} rows`);
      near(curve.predicted, expected.predicted, `${binning} predicted`);
      near(curve.observed, expected.observed, `${binning} observed`);
      expect(calibrationError(curve)).toBeCloseTo(expected.error, 12);
    }
  });

  it('error is what a hand computes', () => {
    // Bins of tenths: 0.1 twice, one positive: |0.1 − 0.5| · 2; 0.85: |0.85 − 1| · 1.
    const curve = calibrationCurve(Float64Array.of(0.1, 0.85, 0.1), Uint8Array.of(1, 1, 0));
    expect([...curve.rows]).toEqual([2, 1]);
    expect(calibrationError(curve)).toBeCloseTo((2 * 0.4 + 0.15) / 3, 15);
    const perfect = calibrationCurve(Float64Array.of(0, 1), Uint8Array.of(0, 1));
    expect(calibrationError(perfect)).toBe(0);
  });

  it('is refused for bins that are none', () => {
    for (const bins of [0, 2.5, 1001, Number.NaN]) {
      const run = () =>
        calibrationCurve(Float64Array.of(0.1, 0.2), Uint8Array.of(0, 1), 'equal-width', bins);
      expect(thrownBy(run)).toMatchObject({ name: 'SettingsInvalid', subject: 'bins' });
    }
  });
});
