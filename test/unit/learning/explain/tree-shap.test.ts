import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExplainedTrees } from '#learning/explain/laid-out.ts';
import { treeShap } from '#learning/explain/tree-shap.ts';
import { type Random, substream } from '#learning/random.ts';
import { unroll } from '#learning/trees/preorder.ts';
import { thrownBy } from '../made-up-table.ts';

interface Shape {
  readonly trees: number;
  readonly features: number;
  readonly depth: number;
  /** Chance that a node above the depth is a leaf all the same. */
  readonly early: number;
  /** Features that splits may use, all of them where absent. */
  readonly used?: readonly number[];
}

function randomTrees(random: Random, shape: Shape): ExplainedTrees {
  const split: number[] = [];
  const bin: number[] = [];
  const weight: number[] = [];
  const value: number[] = [];
  const used = shape.used ?? Array.from({ length: shape.features }, (_, f) => f);
  const grow = (depth: number): void => {
    if (depth === shape.depth || (depth > 0 && random.nextFloat() < shape.early)) {
      split.push(0);
      weight.push(random.nextInt(20) + 1);
      value.push(random.nextNormal());
      return;
    }
    const missingLeft = random.nextInt(2) * shape.features;
    split.push(1 + missingLeft + used[random.nextInt(used.length)]!);
    bin.push(random.nextInt(9));
    grow(depth + 1);
    grow(depth + 1);
  };
  for (let tree = 0; tree < shape.trees; tree += 1) grow(0);
  return {
    trees: shape.trees,
    features: shape.features,
    split: Uint16Array.from(split),
    bin: Uint8Array.from(bin),
    weight: Float64Array.from(weight),
    value: Float64Array.from(value),
  };
}

/** A tree that goes on one side only, so that it can be deep. */
function chain(random: Random, features: number, depth: number): ExplainedTrees {
  const leaves = depth + 1;
  const leftLeaf = Array.from({ length: depth }, () => random.nextInt(2) === 1);
  const split: number[] = [];
  const open: number[] = [];
  for (let d = 0; d < depth; d += 1) {
    split.push(1 + ((d * 7) % features) + features * random.nextInt(2));
    if (leftLeaf[d]!) split.push(0);
    else open.push(0);
  }
  split.push(0, ...open);
  return {
    trees: 1,
    features,
    split: Uint16Array.from(split),
    bin: Uint8Array.from({ length: depth }, () => random.nextInt(9)),
    weight: Float64Array.from({ length: leaves }, () => random.nextInt(20) + 1),
    value: Float64Array.from({ length: leaves }, () => random.nextNormal()),
  };
}

function randomBins(random: Random, features: number, rows: number): Uint8Array[] {
  return Array.from({ length: features }, () =>
    Uint8Array.from({ length: rows }, () => (random.nextInt(8) === 0 ? 255 : random.nextInt(10))),
  );
}

/**
 * What the trees say where only the features of `known` are known (one bit a feature): EXPVALUE of
 * Lundberg et al. 2020, algorithm 1. All features known: the score.
 */
function expected(trees: ExplainedTrees, row: readonly number[], known: number): number {
  const { roots, next, splitIndex } = unroll(trees.split, trees.trees);
  const weightOf = (node: number): number =>
    trees.split[node] === 0
      ? trees.weight[next[node]!]!
      : weightOf(node + 1) + weightOf(next[node]!);
  const walk = (node: number): number => {
    const code = trees.split[node]!;
    if (code === 0) return trees.value[next[node]!]!;
    const feature = (code - 1) % trees.features;
    if (((known >> feature) & 1) === 1) {
      const missingLeft = code > trees.features;
      const b = row[feature]!;
      const left = b === 255 ? missingLeft : b <= trees.bin[splitIndex[node]!]!;
      return walk(left ? node + 1 : next[node]!);
    }
    const left = weightOf(node + 1);
    const right = weightOf(next[node]!);
    return (left * walk(node + 1) + right * walk(next[node]!)) / (left + right);
  };
  return roots.reduce((sum, root) => sum + walk(root), 0);
}

/** Shapley 1953, by its definition: over all coalitions. */
function bruteForce(trees: ExplainedTrees, row: readonly number[]): number[] {
  const m = trees.features;
  const worth = Array.from({ length: 1 << m }, (_, known) => expected(trees, row, known));
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  return Array.from({ length: m }, (_, feature) => {
    let sum = 0;
    for (let known = 0; known < 1 << m; known += 1) {
      if (((known >> feature) & 1) === 1) continue;
      const size = Array.from({ length: m }, (_, f) => (known >> f) & 1).reduce((a, b) => a + b, 0);
      const share = (factorial(size) * factorial(m - size - 1)) / factorial(m);
      sum += share * (worth[known | (1 << feature)]! - worth[known]!);
    }
    return sum;
  });
}

const rowOf = (bins: readonly Uint8Array[], row: number): number[] =>
  bins.map((column) => column[row]!);

function worstMiss(trees: ExplainedTrees, bins: readonly Uint8Array[], rows: number): number {
  const shap = treeShap(trees);
  const parts = shap.explain(bins, rows);
  let worst = 0;
  for (let row = 0; row < rows; row += 1) {
    const truth = bruteForce(trees, rowOf(bins, row));
    truth.forEach((value, f) => {
      const miss = Math.abs(value - parts[row * trees.features + f]!);
      // NaN must fail.
      worst = miss <= worst ? worst : miss;
    });
  }
  return worst;
}

/** Greatest distance between base + parts and the score, over the rows. */
function worstSum(trees: ExplainedTrees, bins: readonly Uint8Array[], rows: number): number {
  const shap = treeShap(trees);
  const parts = shap.explain(bins, rows);
  const all = 2 ** Math.min(trees.features, 31) - 1;
  let worst = 0;
  for (let row = 0; row < rows; row += 1) {
    let sum = shap.base;
    for (let f = 0; f < trees.features; f += 1) sum += parts[row * trees.features + f]!;
    const miss = Math.abs(sum - expected(trees, rowOf(bins, row), all));
    worst = miss <= worst ? worst : miss;
  }
  return worst;
}

const SEED = fc.integer({ min: 0, max: 2 ** 31 });

describe('tree SHAP', () => {
  it('equals the definition over all coalitions, with features that repeat on a path', () => {
    fc.assert(
      fc.property(
        SEED,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 6 }),
        (seed, features, depth) => {
          const random = substream(seed, 'trees');
          const trees = randomTrees(random, { trees: 2, features, depth, early: 0.2 });
          expect(worstMiss(trees, randomBins(random, features, 12), 12)).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it('equals the definition where a path has 12 features on 40 splits', () => {
    const random = substream(3, 'chain');
    const trees = chain(random, 12, 40);
    expect(worstMiss(trees, randomBins(random, 12, 6), 6)).toBeLessThan(1e-12);
  });

  it('adds to the score at depth 40 with 30 features on the path', () => {
    const random = substream(4, 'chain');
    for (let i = 0; i < 20; i += 1) {
      const trees = chain(random, 30, 40);
      expect(worstSum(trees, randomBins(random, 30, 50), 50)).toBeLessThan(1e-12);
    }
  });

  it('adds to the score in forests of any shape, over more rows than share a block', () => {
    fc.assert(
      fc.property(SEED, fc.integer({ min: 1, max: 12 }), (seed, depth) => {
        const random = substream(seed, 'forest');
        const trees = randomTrees(random, { trees: 3, features: 9, depth, early: 0.1 });
        expect(worstSum(trees, randomBins(random, 9, 70), 70)).toBeLessThan(1e-11);
      }),
      { numRuns: 25, seed: 2 },
    );
    const random = substream(5, 'many rows');
    const trees = randomTrees(random, { trees: 2, features: 6, depth: 5, early: 0.1 });
    expect(worstSum(trees, randomBins(random, 6, 2100), 2100)).toBeLessThan(1e-12);
  });

  it("doesn't depend on which rows are explained together", () => {
    const random = substream(6, 'together');
    const trees = randomTrees(random, { trees: 4, features: 8, depth: 8, early: 0.1 });
    const bins = randomBins(random, 8, 1500);
    const { explain } = treeShap(trees);
    const all = explain(bins, 1500);
    for (const row of [0, 7, 1023, 1024, 1499]) {
      const alone = explain(
        bins.map((column) => column.slice(row, row + 1)),
        1,
      );
      alone.forEach((value, f) => {
        expect(Math.abs(value - all[row * 8 + f]!)).toBeLessThan(1e-12);
      });
    }
  });

  it('gives a feature that no split uses exactly nothing', () => {
    fc.assert(
      fc.property(SEED, (seed) => {
        const random = substream(seed, 'dummy');
        const trees = randomTrees(random, {
          trees: 3,
          features: 6,
          depth: 6,
          early: 0.1,
          used: [0, 1, 3, 5],
        });
        const parts = treeShap(trees).explain(randomBins(random, 6, 40), 40);
        for (let row = 0; row < 40; row += 1) {
          expect([parts[row * 6 + 2], parts[row * 6 + 4]]).toEqual([0, 0]);
          expect(parts[row * 6]).not.toBeNaN();
        }
      }),
      { numRuns: 30, seed: 3 },
    );
  });

  it('treats two features alike that the trees treat alike', () => {
    fc.assert(
      fc.property(SEED, (seed) => {
        const random = substream(seed, 'symmetry');
        const features = 6;
        const one = randomTrees(random, { trees: 2, features, depth: 6, early: 0.1 });
        // The same trees again with features 0 and 1 exchanged: together they know no difference.
        const exchanged = one.split.map((code) => {
          if (code === 0) return 0;
          const feature = (code - 1) % features;
          return feature > 1 ? code : code + (feature === 0 ? 1 : -1);
        });
        const both: ExplainedTrees = {
          trees: 4,
          features,
          split: Uint16Array.from([...one.split, ...exchanged]),
          bin: Uint8Array.from([...one.bin, ...one.bin]),
          weight: Float64Array.from([...one.weight, ...one.weight]),
          value: Float64Array.from([...one.value, ...one.value]),
        };
        const bins = randomBins(random, features, 40);
        const swapped = [bins[1]!, bins[0]!, ...bins.slice(2)];
        const { explain } = treeShap(both);
        const parts = explain(bins, 40);
        const mirror = explain(swapped, 40);
        for (let row = 0; row < 40; row += 1) {
          const at = row * features;
          expect(Math.abs(parts[at]! - mirror[at + 1]!)).toBeLessThan(1e-12);
          expect(Math.abs(parts[at + 2]! - mirror[at + 2]!)).toBeLessThan(1e-12);
          if (bins[0]![row] === bins[1]![row]) {
            expect(Math.abs(parts[at]! - parts[at + 1]!)).toBeLessThan(1e-12);
          }
        }
      }),
      { numRuns: 30, seed: 4 },
    );
  });

  it('is nothing but the base where every tree is one leaf', () => {
    const shap = treeShap({
      trees: 2,
      features: 3,
      split: Uint8Array.of(0, 0),
      bin: new Uint8Array(0),
      weight: Float64Array.of(3, 5),
      value: Float64Array.of(0.25, 0.5),
    });
    expect(shap.base).toBe(0.75);
    expect([
      ...shap.explain(
        [0, 1, 2].map(() => new Uint8Array(2)),
        2,
      ),
    ]).toEqual(Array(6).fill(0));
  });

  it('follows the direction that a split learnt for missing', () => {
    const stump = (code: number): ExplainedTrees => ({
      trees: 1,
      features: 1,
      split: Uint8Array.of(code, 0, 0),
      bin: Uint8Array.of(4),
      weight: Float64Array.of(30, 10),
      value: Float64Array.of(0, 1),
    });
    const bins = [Uint8Array.of(255, 4, 5)];
    // Base 0.25: missing to the right, then to the left.
    expect([...treeShap(stump(1)).explain(bins, 3)]).toEqual([0.75, -0.25, 0.75]);
    expect([...treeShap(stump(2)).explain(bins, 3)]).toEqual([-0.25, -0.25, 0.75]);
  });

  it('refuses a leaf without weight', () => {
    const error = thrownBy(() =>
      treeShap({
        trees: 1,
        features: 1,
        split: Uint8Array.of(1, 0, 0),
        bin: Uint8Array.of(4),
        weight: Float64Array.of(3, 0),
        value: Float64Array.of(0, 1),
      }),
    );
    expect(error.name).toBe('ArtifactInvalid');
    expect(error.message).toContain('leaf 1');
  });
});
