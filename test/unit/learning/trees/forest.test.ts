import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binColumn, binOfNumber, fitBins } from '#learning/trees/bins.ts';
import {
  type ForestSettings,
  growForest,
  growShard,
  joinForests,
  joinShards,
} from '#learning/trees/forest.ts';
import { unroll } from '#learning/trees/preorder.ts';
import { substream } from '#learning/random.ts';
import { madeUp, thrownBy } from '../made-up-table.ts';

const SETTINGS: ForestSettings = { trees: 6, maxDepth: 8, minLeaf: 3, featuresPerSplit: 'sqrt' };

function binned(rows: number) {
  const { table, labels } = madeUp(rows);
  return {
    labels,
    bins: table.columns.map((column) => fitBins(column, labels).bytes),
  };
}

describe('bins', () => {
  it('keep every distinct value apart up to 255 of them, and missing apart from all', () => {
    const values = Float64Array.from({ length: 510 }, (_, i) => Math.floor(i / 2) / 7);
    const column = { kind: 'numeric', name: 'x', values } as const;
    const bins = fitBins(column, new Uint8Array(510)).bytes;
    expect([...bins]).toEqual([...values].map((_, i) => Math.floor(i / 2)));
    expect(binOfNumber(Float64Array.of(0), Number.NaN)).toBe(255);
  });

  it('are at most 255, about equally full, and never part equal values', () => {
    const values = Float64Array.from({ length: 20_000 }, (_, i) =>
      i % 4 === 0 ? 5 : Math.sqrt(i),
    );
    const column = { kind: 'numeric', name: 'x', values } as const;
    const bins = fitBins(column, new Uint8Array(20_000)).bytes;
    const counts = new Map<number, number>();
    for (const bin of bins) counts.set(bin, (counts.get(bin) ?? 0) + 1);
    expect(counts.size).toBeGreaterThan(240);
    expect(Math.max(...counts.keys())).toBeLessThan(255);
    const sizes = [...counts.values()].sort((a, b) => b - a);
    expect(sizes[0]).toBeGreaterThanOrEqual(5000);
    expect(sizes[1]).toBeLessThan(150);
  });

  it('cut so that a value and its upper neighbour part, even where they are neighbouring doubles', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
          minLength: 2,
          maxLength: 50,
          // 0 and −0 are one value.
          comparator: (a, b) => a === b,
        }),
        (values) => {
          const column = { kind: 'numeric', name: 'x', values: Float64Array.from(values) } as const;
          const { bins, bytes } = fitBins(column, new Uint8Array(values.length));
          expect(new Set(bytes).size).toBe(values.length);
          const edges = bins.kind === 'numeric' ? bins.edges : new Float64Array(0);
          // Edges themselves and what lies beside them, where a grid could go wrong.
          const probes = [...values, ...edges, ...[...edges].map((e) => e * (1 + 2 ** -52)), NaN];
          const many = { ...column, values: Float64Array.from(probes) };
          expect([...binColumn(many, bins)]).toEqual(probes.map((v) => binOfNumber(edges, v)));
        },
      ),
    );
  });

  it('order levels by their rate, and send a level that training lacks to missing', () => {
    const codes = Int32Array.from({ length: 300 }, (_, i) => (i % 3 === 2 ? 3 : i % 3));
    const labels = Uint8Array.from(codes, (code, i) => (code === 0 ? 1 : code === 1 ? 0 : i % 2));
    const column = { kind: 'categorical', name: 'c', codes, levels: ['a', 'b', 'c', 'd'] } as const;
    const { bins } = fitBins(column, labels);
    expect(bins.kind === 'categorical' && [...bins.binOfLevel]).toEqual([2, 0, 255, 1]);
  });

  it('take thousands of levels', () => {
    const codes = Int32Array.from({ length: 9000 }, (_, i) => i % 3000);
    const levels = Array.from({ length: 3000 }, (_, i) => `level ${i}`);
    const column = { kind: 'categorical', name: 'c', codes, levels } as const;
    const { bins } = fitBins(
      column,
      Uint8Array.from(codes, (code) => (code % 7 === 0 ? 1 : 0)),
    );
    expect(bins.kind === 'categorical' && Math.max(...bins.binOfLevel)).toBeLessThan(255);
  });
});

describe('a forest', () => {
  it('joins trees 0 to 49 and 50 to 99 to the bytes of one run, and what they say out of bag', () => {
    const { bins, labels } = binned(500);
    const grow = (trees: number, firstTree: number) =>
      growShard({
        bins,
        labels,
        settings: { ...SETTINGS, trees, classWeight: 'balanced' },
        seed: 3,
        firstTree,
        outOfBag: true,
      });
    const whole = joinShards([grow(100, 0)]);
    expect(joinShards([grow(50, 0), grow(50, 50)])).toStrictEqual(whole);
    expect(joinShards([grow(1, 0), grow(30, 1), grow(69, 31)])).toStrictEqual(whole);
    expect(joinShards([grow(50, 50), grow(50, 0)])).not.toEqual(whole);
    const other = growForest({ bins, labels, settings: SETTINGS, seed: 4 }).forest;
    expect([...other.split]).not.toEqual([...whole.forest.split.subarray(0, other.split.length)]);
  });

  it('joins forests only of the same features and class weights', () => {
    const { bins, labels } = binned(100);
    const grow = (classWeight: number, features: number) =>
      growForest({
        bins: bins.slice(0, features),
        labels,
        settings: { ...SETTINGS, classWeight },
        seed: 3,
      }).forest;
    expect(joinForests([grow(2, 4), grow(2, 4)]).trees).toBe(12);
    for (const parts of [[], [grow(2, 4), grow(2, 3)], [grow(2, 4), grow(1, 4)]]) {
      expect(thrownBy(() => joinForests(parts)).name).toBe('SettingsInvalid');
    }
  });

  it('takes a weight of 3 as three times as many positives', () => {
    const { bins, labels } = binned(400);
    const settings = { ...SETTINGS, trees: 1, minLeaf: 1, featuresPerSplit: 'all' } as const;
    const weighted = growForest({
      bins,
      labels,
      settings: { ...settings, classWeight: 3 },
      seed: 1,
      bootstrap: false,
    }).forest;
    // Brute force: positives written out three times.
    const rows = [...labels].flatMap((label, row) => (label === 1 ? [row, row, row] : [row]));
    const repeated = growForest({
      bins: bins.map((column) => Uint8Array.from(rows, (row) => column[row]!)),
      labels: Uint8Array.from(rows, (row) => labels[row]!),
      settings,
      seed: 1,
      bootstrap: false,
    }).forest;
    expect(weighted.classWeights).toEqual([1, 3]);
    // Where missing goes that training didn't have is told by rows, of which there are more here.
    const feature = (code: number) => (code === 0 ? 0 : 1 + ((code - 1) % 4));
    expect([...weighted.split].map(feature)).toEqual([...repeated.split].map(feature));
    expect([...weighted.bin]).toEqual([...repeated.bin]);
    expect([...weighted.positives].map((n) => 3 * n)).toEqual([...repeated.positives]);
  });

  it.each([1e-6, 1e6])(
    'finds the split that exact arithmetic finds at a weight of %d',
    (weight) => {
      const random = substream(14, 'weights');
      // Positive rows a million times heavier, or lighter, as whole numbers.
      const [w0, w1] = weight > 1 ? [1n, 1_000_000n] : [1_000_000n, 1n];
      for (let round = 0; round < 20; round += 1) {
        const column = new Uint8Array(3000).map(() => random.nextInt(40));
        // The last bins hold but a few rows, of the light class alone.
        const light = weight > 1 ? 0 : 1;
        const labels = column.map((bin) => (bin > 37 ? light : random.nextInt(2)));
        const { forest } = growForest({
          bins: [column],
          labels,
          settings: {
            trees: 1,
            maxDepth: 1,
            minLeaf: 1,
            featuresPerSplit: 'all',
            classWeight: weight,
          },
          seed: 1,
          bootstrap: false,
        });
        // Gini: Σ over sides of (n0² + n1²) / n, as a fraction; compared crosswise.
        const purity = (cut: number): [bigint, bigint] => {
          const sides = [true, false].map((left) => {
            let [n0, n1] = [0n, 0n];
            column.forEach((bin, row) => {
              if (bin <= cut !== left) return;
              if (labels[row] === 1) n1 += w1;
              else n0 += w0;
            });
            return [n0 * n0 + n1 * n1, n0 + n1] as const;
          });
          const [[a, na], [b, nb]] = [sides[0]!, sides[1]!];
          return [a * nb + b * na, na * nb];
        };
        let best = 0;
        for (let cut = 1; cut < 39; cut += 1) {
          const [a, na] = purity(cut);
          const [b, nb] = purity(best);
          if (a * nb > b * na) best = cut;
        }
        expect(forest.bin[0]).toBe(best);
      }
    },
  );

  it('balances classes as scikit-learn does: rows / (2 · rows of the class)', () => {
    const { bins, labels } = binned(400);
    const positives = labels.reduce((a, b) => a + b, 0);
    const settings = { ...SETTINGS, classWeight: 'balanced' } as const;
    const { classWeights } = growForest({ bins, labels, settings, seed: 1 }).forest;
    expect(classWeights).toEqual([400 / (2 * (400 - positives)), 400 / (2 * positives)]);
  });

  it('counts more draws than one double can: 300,000 rows at a root', () => {
    const rows = 300_000;
    const labels = Uint8Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 1 : 0));
    // Bins 0 to 99 hold one positive in three, 100 to 199 none but the strays of a few rows.
    const column = Uint8Array.from(labels, (label, row) =>
      label === 1 && row % 1000 > 0 ? row % 100 : row % 200,
    );
    const settings = { trees: 1, maxDepth: 1, minLeaf: 5, featuresPerSplit: 'all' } as const;
    const { forest } = growForest({ bins: [column], labels, settings, seed: 1, bootstrap: false });
    const left = [...column.keys()].filter((row) => column[row]! <= forest.bin[0]!);
    expect(forest.bin[0]).toBe(99);
    expect([...forest.cover]).toEqual([left.length, rows - left.length]);
    expect(forest.positives[0]).toBe(left.reduce((sum, row) => sum + labels[row]!, 0));
    expect(forest.positives[0]! + forest.positives[1]!).toBe(100_000);
  });

  it('keeps its depth and its leaves within the settings, and every draw in a leaf', () => {
    const { bins, labels } = binned(700);
    for (const minLeaf of [1, 5, 40]) {
      const settings = { ...SETTINGS, maxDepth: 4, minLeaf };
      const { forest } = growForest({ bins, labels, settings, seed: 1 });
      expect(Math.min(...forest.cover)).toBeGreaterThanOrEqual(minLeaf);
      expect([...forest.cover].reduce((a, b) => a + b, 0)).toBe(700 * SETTINGS.trees);
      const { roots, next } = unroll(forest.split, forest.trees);
      const depth = (node: number): number =>
        forest.split[node] === 0 ? 0 : 1 + Math.max(depth(node + 1), depth(next[node]!));
      expect(Math.max(...[...roots].map(depth))).toBe(4);
    }
  });

  it('finds the split that brute force finds', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 40, 200, 255), fc.integer({ min: 0, max: 1 })),
          {
            minLength: 4,
            maxLength: 150,
          },
        ),
        (rows) => {
          const column = Uint8Array.from(rows, ([bin]) => bin);
          const labels = Uint8Array.from(rows, ([, label]) => label);
          const score = (left: (bin: number) => boolean): number => {
            let sum = 0;
            for (const side of [true, false]) {
              const inside = rows.filter(([bin]) => left(bin) === side);
              if (inside.length === 0) return -1;
              sum += inside.reduce((a, [, label]) => a + label, 0) ** 2 / inside.length;
            }
            return sum;
          };
          let best = -1;
          for (let cut = 0; cut < 255; cut += 1) {
            best = Math.max(
              best,
              score((bin) => bin <= cut),
              score((bin) => bin <= cut || bin === 255),
            );
          }
          const settings = { trees: 1, maxDepth: 1, minLeaf: 1, featuresPerSplit: 'all' } as const;
          const { forest } = growForest({
            bins: [column],
            labels,
            settings,
            seed: 0,
            bootstrap: false,
          });
          const all = labels.reduce((a, b) => a + b, 0) ** 2 / rows.length;
          if (forest.split[0] === 0) {
            expect(best).toBeLessThanOrEqual(all + 1e-9);
            return;
          }
          const cut = forest.bin[0]!;
          const missingLeft = forest.split[0] === 2;
          expect(score((bin) => bin <= cut || (missingLeft && bin === 255))).toBeCloseTo(best, 9);
        },
      ),
    );
  });

  it('counts a row once in its least leaf, however often it was drawn', () => {
    // Two rows of one class and two of the other, each with its own bin: with a least leaf of 2, only a
    // tree that drew both rows of each side, or a row more, can part them.
    const bins = [Uint8Array.of(0, 1, 2, 3)];
    const labels = Uint8Array.of(0, 0, 1, 1);
    const settings = { trees: 400, maxDepth: 1, minLeaf: 2, featuresPerSplit: 'all' } as const;
    const { forest } = growForest({ bins, labels, settings, seed: 1 });
    const parted = forest.bin.length / forest.trees;
    // Of the 4^4 equally likely draws 24 hold all four rows, and only these have two rows a side.
    expect(parted).toBeGreaterThan(0.05);
    expect(parted).toBeLessThan(0.14);
  });

  it('scores each row out of bag by the trees that did not draw it', () => {
    const { bins, labels } = binned(2000);
    const settings = { ...SETTINGS, trees: 60 };
    const { outOfBag } = growForest({ bins, labels, settings, seed: 1, outOfBag: true });
    expect(outOfBag!.every((score) => score >= 0 && score <= 1)).toBe(true);
    const mean = (label: number) => {
      const scores = [...outOfBag!].filter((_, row) => labels[row] === label);
      return scores.reduce((a, b) => a + b, 0) / scores.length;
    };
    expect(mean(1) - mean(0)).toBeGreaterThan(0.15);
    // On labels that nothing explains, a score that had seen the row would know its label.
    const luck = Uint8Array.from({ length: 2000 }, (_, row) => row % 2);
    const blind = growForest({ bins, labels: luck, settings, seed: 1, outOfBag: true }).outOfBag!;
    const gap = [...blind].reduce((a, score, row) => a + (luck[row] === 1 ? score : -score), 0);
    expect(Math.abs(gap / 1000)).toBeLessThan(0.03);
  });

  it('refuses more columns than a split can tell apart, and grows on as many', () => {
    const labels = Uint8Array.of(0, 1, 0, 1);
    // Only the last column parts the labels.
    const grow = (columns: number) =>
      growForest({
        bins: Array.from({ length: columns }, (_, i) =>
          i === columns - 1 ? labels : new Uint8Array(4),
        ),
        labels,
        settings: { trees: 1, maxDepth: 1, minLeaf: 1, featuresPerSplit: 'all' },
        seed: 1,
        bootstrap: false,
      }).forest.split[0];
    expect(grow(32_767)).toBe(32_767);
    expect(thrownBy(() => grow(32_768))).toMatchObject({
      name: 'SettingsInvalid',
      message: '32768 columns are more than a split counts (32767)',
    });
  });

  it('refuses more features a split than there are', () => {
    const { bins, labels } = binned(50);
    const settings = { ...SETTINGS, featuresPerSplit: 5 };
    expect(thrownBy(() => growForest({ bins, labels, settings, seed: 1 })).name).toBe(
      'SettingsInvalid',
    );
  });
});
