import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchColumn, type Split } from '#learning/trees/split-search.ts';

describe('a split', () => {
  const cells = fc.array(
    fc.record({
      bin: fc.constantFrom(0, 1, 2, 3, 7, 8),
      gradient: fc.integer({ min: -50, max: 50 }),
      hessian: fc.integer({ min: 1, max: 20 }),
    }),
    { minLength: 2, maxLength: 40 },
  );

  it('is the one that brute force finds, on either side of missing', () => {
    fc.assert(
      fc.property(
        cells,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 9 }),
        (rows, minLeaf, l2) => {
          const bins = 8;
          const histogram = new Float64Array(3 * (bins + 1));
          const sums = { gradient: 0, hessian: 0, count: 0 };
          for (const { bin, gradient, hessian } of rows) {
            histogram[3 * bin]! += gradient;
            histogram[3 * bin + 1]! += hessian;
            histogram[3 * bin + 2]! += 1;
            sums.gradient += gradient;
            sums.hessian += hessian;
            sums.count += 1;
          }
          const score = (side: typeof rows) => {
            const gradient = side.reduce((sum, row) => sum + row.gradient, 0);
            return gradient ** 2 / (side.reduce((sum, row) => sum + row.hessian, 0) + l2);
          };
          let most = 0;
          const scoreOf = (cut: number, missingLeft: boolean): number => {
            const left = rows.filter((r) => (r.bin === bins ? missingLeft : r.bin <= cut));
            const right = rows.filter((r) => !left.includes(r));
            return left.length < minLeaf || right.length < minLeaf ? 0 : score(left) + score(right);
          };
          for (let cut = 0; cut < bins; cut += 1) {
            most = Math.max(most, scoreOf(cut, false), scoreOf(cut, true));
          }
          const best: Split = {
            score: 1e-9,
            column: -1,
            cut: 0,
            missingLeft: 0,
            gradient: 0,
            hessian: 0,
          };
          searchColumn(histogram, 0, bins, 0, sums, { minLeaf, l2, leastHessian: 0 }, best);
          if (best.column < 0) expect(most).toBeLessThan(1e-8);
          else {
            expect(best.score).toBeCloseTo(most, 6);
            expect(scoreOf(best.cut, best.missingLeft === 1)).toBeCloseTo(most, 6);
            const filled = rows.map(({ bin }) => bin).filter((bin) => bin < bins);
            const below = Math.max(...filled.filter((bin) => bin <= best.cut));
            const above = Math.min(...filled.filter((bin) => bin > best.cut));
            expect(best.cut).toBe(above < bins ? (below + above - 1) >> 1 : bins - 1);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('cuts in the middle of a gap', () => {
    const histogram = new Float64Array(3 * 12);
    histogram.set([5, 2, 3], 3);
    histogram.set([-5, 2, 3], 3 * 8);
    const best: Split = { score: 0, column: -1, cut: 0, missingLeft: 0, gradient: 0, hessian: 0 };
    const sums = { gradient: 0, hessian: 4, count: 6 };
    searchColumn(histogram, 0, 11, 0, sums, { minLeaf: 1, l2: 0, leastHessian: 0 }, best);
    expect(best.cut).toBe(4);
  });
});

describe('a split of what is missing', () => {
  it('keeps all numbers together, also those that only other nodes have', () => {
    const histogram = new Float64Array(3 * 11);
    histogram.set([5, 2, 3], 3);
    histogram.set([5, 2, 3], 3 * 2);
    histogram.set([-10, 4, 6], 3 * 10);
    const best: Split = { score: 0, column: -1, cut: 0, missingLeft: 0, gradient: 0, hessian: 0 };
    const sums = { gradient: 0, hessian: 8, count: 12 };
    searchColumn(histogram, 0, 10, 0, sums, { minLeaf: 1, l2: 0, leastHessian: 0 }, best);
    expect(best).toMatchObject({ cut: 9, missingLeft: 0, gradient: 10 });
  });
});
