import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { calibrate, fitCalibrator } from '#learning/pipeline/calibrate.ts';
import { thrownBy } from '../made-up-table.ts';

interface Case {
  name: string;
  scores: number[];
  labels: number[];
  weights: number[] | null;
  asked: number[];
  isotonic: number[];
  thresholds: number[];
  sigmoid: number[];
  slope: number;
  intercept: number;
}
const fixture = JSON.parse(
  readFileSync(new URL('../../../fixtures/calibration/expected.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

function fitted(kind: 'sigmoid' | 'isotonic', { scores, labels, weights }: Case) {
  return fitCalibrator(
    kind,
    Float64Array.from(scores),
    Uint8Array.from(labels),
    weights === null ? undefined : Float64Array.from(weights),
  );
}

describe('isotonic calibration', () => {
  it.each(fixture.cases)("is scikit-learn's: $name", (given) => {
    const calibrator = fitted('isotonic', given);
    expect(calibrator.kind === 'isotonic' && [...calibrator.x]).toEqual(given.thresholds);
    given.asked.forEach((score, i) => {
      expect(calibrate(calibrator, score), `at ${score}`).toBeCloseTo(given.isotonic[i]!, 14);
    });
  });

  it('averages equal scores first, then pools what falls', () => {
    // 0.2 twice: mean 1/2; 0.4: 0, below it, so both pool to 1/3; 0.9: 1. Halfway: 2/3.
    const scores = Float64Array.of(0.9, 0.2, 0.4, 0.2);
    const calibrator = fitCalibrator('isotonic', scores, Uint8Array.of(1, 1, 0, 0));
    expect(calibrator).toEqual({
      kind: 'isotonic',
      x: Float64Array.of(0.2, 0.4, 0.9),
      y: Float64Array.of(1 / 3, 1 / 3, 1),
    });
    expect(calibrate(calibrator, 0)).toBe(1 / 3);
    expect(calibrate(calibrator, 0.65)).toBeCloseTo(2 / 3, 15);
    expect(calibrate(calibrator, 1)).toBe(1);
  });

  it('never falls and never leaves 0 to 1', () => {
    for (const given of fixture.cases) {
      const calibrator = fitted('isotonic', given);
      let before = 0;
      for (let i = 0; i <= 5000; i += 1) {
        const probability = calibrate(calibrator, i / 5000);
        expect(probability).toBeGreaterThanOrEqual(before);
        before = probability;
      }
      expect(before).toBeLessThanOrEqual(1);
    }
  });
});

describe('sigmoid calibration', () => {
  it('never turns an order: where scores fall with the class it is the mean target', () => {
    // Platt's targets 4/5 (three positives) and 1/6 (four negatives): (3 · 4/5 + 4 · 1/6) / 7.
    const scores = Float64Array.of(0.1, 0.2, 0.35, 0.5, 0.6, 0.7, 0.9);
    const labels = Uint8Array.of(1, 1, 0, 1, 0, 0, 0);
    const calibrator = fitCalibrator('sigmoid', scores, labels);
    expect(calibrator).toMatchObject({ slope: 0 });
    expect(calibrate(calibrator, 0.3)).toBeCloseTo((3 * (4 / 5) + 4 * (1 / 6)) / 7, 14);
    const rising = fitCalibrator('sigmoid', scores.toReversed(), labels);
    expect(rising.kind === 'sigmoid' && rising.slope).toBeGreaterThan(0);
  });

  it.each(fixture.cases)("is scikit-learn's: $name", (given) => {
    const calibrator = fitted('sigmoid', given);
    given.asked.forEach((score, i) => {
      expect(calibrate(calibrator, score), `at ${score}`).toBeCloseTo(given.sigmoid[i]!, 6);
    });
  });

  it.each(fixture.cases)("stands where Platt's loss has no slope: $name", (given) => {
    const calibrator = fitted('sigmoid', given);
    const weights = given.weights ?? given.scores.map(() => 1);
    const sum = (label: number): number =>
      weights.reduce((all, weight, i) => all + (given.labels[i] === label ? weight : 0), 0);
    const targets = [1 / (sum(0) + 2), (sum(1) + 1) / (sum(1) + 2)];
    const gradient = [0, 0];
    given.scores.forEach((score, i) => {
      const difference = weights[i]! * (calibrate(calibrator, score) - targets[given.labels[i]!]!);
      gradient[0]! += difference * score;
      gradient[1]! += difference;
    });
    for (const part of gradient) expect(Math.abs(part)).toBeLessThan(1e-10);
  });

  it('gives the smoothed share to scores that are all equal, and bounds to those that part the classes', () => {
    const flat = fitCalibrator(
      'sigmoid',
      new Float64Array(6).fill(0.3),
      Uint8Array.of(1, 1, 0, 0, 0, 0),
    );
    // (2 · 3/4 + 4 · 1/6) / 6
    expect(calibrate(flat, 0.3)).toBeCloseTo((1.5 + 4 / 6) / 6, 12);
    const parted = fitCalibrator('sigmoid', Float64Array.of(0.1, 0.9), Uint8Array.of(0, 1));
    expect(calibrate(parted, 0.1)).toBeCloseTo(1 / 3, 12);
    expect(calibrate(parted, 0.9)).toBeCloseTo(2 / 3, 12);
  });
});

describe('a calibrator', () => {
  it.each(['sigmoid', 'isotonic'] as const)('leaves out rows without a score: %s', (kind) => {
    const with_ = fitCalibrator(
      kind,
      Float64Array.of(0.1, Number.NaN, 0.4, 0.7, 0.3),
      Uint8Array.of(0, 1, 1, 1, 0),
    );
    const without = fitCalibrator(
      kind,
      Float64Array.of(0.1, 0.4, 0.7, 0.3),
      Uint8Array.of(0, 1, 1, 0),
    );
    expect(with_).toEqual(without);
    expect(calibrate(without, Number.NaN)).toBeNaN();
  });

  it('refuses what it cannot be fitted on, with the row', () => {
    const fit = (scores: number[], labels: number[], weights?: number[]) =>
      thrownBy(() =>
        fitCalibrator(
          'isotonic',
          Float64Array.from(scores),
          Uint8Array.from(labels),
          weights && Float64Array.from(weights),
        ),
      );
    expect(fit([0.1, 0.2], [1, 1]).name).toBe('OneClass');
    expect(fit([0.1, Number.NaN], [1, 0]).name).toBe('OneClass');
    expect(fit([0.1, 0.2], [1]).name).toBe('ScoresInvalid');
    expect(fit([0.1, 0.2], [1, 0], [1]).name).toBe('ScoresInvalid');
    for (const bad of [1.5, -0.1, Infinity])
      expect(fit([0.1, bad], [1, 0]).message).toContain('row 1');
    expect(fit([0.1, 0.2], [1, 2]).message).toContain('row 1');
    for (const bad of [-1, Number.NaN, Infinity]) {
      expect(fit([0.1, 0.2], [1, 0], [1, bad]).message).toContain('row 1');
    }
  });
});
