import { describe, expect, it } from 'vitest';
import { confusion } from '#learning/metrics/metrics.ts';
import { chooseThreshold } from '#learning/pipeline/threshold.ts';
import { substream } from '#learning/random.ts';

describe("Youden's rule", () => {
  it('finds the largest true positive rate − false positive rate of all cuts', () => {
    const random = substream(6, 'youden');
    for (let round = 0; round < 30; round += 1) {
      const scores = new Float64Array(60).map(() => Math.round(random.nextFloat() * 20) / 20);
      const labels = Uint8Array.from(scores, (s) => (random.nextFloat() < s ** 3 ? 1 : 0));
      labels[0] = 1;
      labels[1] = 0;
      const merit = (threshold: number): number => {
        const of = confusion(scores, labels, threshold);
        return (
          of.truePositives / (of.truePositives + of.falseNegatives) -
          of.falsePositives / (of.falsePositives + of.trueNegatives)
        );
      };
      const best = Math.max(...Array.from({ length: 42 }, (_, i) => merit(i / 40 - 0.0125)));
      expect(merit(chooseThreshold(scores, labels, 'youden'))).toBeCloseTo(best, 12);
    }
  });

  it("parts rare positives where accuracy's rule says never, and doesn't see unscored rows", () => {
    // Of the five rows from 0.4 on two are positive; accuracy is best without any, Youden with all five.
    const scores = Float64Array.of(0.1, 0.1, 0.1, 0.1, 0.4, 0.4, 0.4, 0.4, 0.4, Number.NaN);
    const labels = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
    expect(chooseThreshold(scores, labels, 'max-accuracy')).toBeCloseTo(0.7, 12);
    expect(chooseThreshold(scores, labels, 'youden')).toBeCloseTo(0.25, 12);
  });
});
