import { describe, expect, it } from 'vitest';
import type { Feature } from '#learning/pipeline/estimator-kind.ts';
import { substream } from '#learning/random.ts';
import { selectRows, type Table } from '#learning/table.ts';
import { boosting, checkBoostingSettings, fitBoosting } from '#learning/trees/boosting.ts';
import { Histograms, packBins, packingOf } from '#learning/trees/histogram.ts';
import { LogisticLoss, oddsFactor } from '#learning/trees/logistic-loss.ts';
import { madeUp, thrownBy } from '../made-up-table.ts';

function logOdds(fitted: ReturnType<typeof fitBoosting>, table: Table): number[] {
  const reader = boosting.reader(fitted);
  const out = new Float64Array(1);
  return Array.from({ length: table.rows }, (_, row) => {
    table.columns.forEach((column, i) => {
      if (column.kind === 'numeric') reader.setNumber(0, i, column.values[row]!);
      else reader.setLevel(0, i, column.codes[row]!);
    });
    reader.score(1, out, 0);
    return Math.log(out[0]! / (1 - out[0]!));
  });
}

function logLoss(odds: number[], labels: Uint8Array): number {
  const losses = odds.map((z, row) => Math.log1p(Math.exp(labels[row] === 1 ? -z : z)));
  return losses.reduce((a, b) => a + b, 0) / odds.length;
}

function oneColumn(values: number[]): Table {
  return {
    rows: values.length,
    columns: [{ kind: 'numeric', name: 'x', values: Float64Array.from(values) }],
  };
}

/** A loss whose rows have these scores. */
function lossAt(scores: readonly number[], labels: Uint8Array): LogisticLoss {
  const loss = new LogisticLoss(labels, 1, packingOf(scores.length));
  scores.forEach((score, row) => {
    loss.move(Int32Array.of(row), 0, 1, oddsFactor(score));
  });
  return loss;
}

const probability = (score: number) => 1 / (1 + Math.exp(-score));
const settings = (written: object) => checkBoostingSettings(written);
const PLAIN = { rowShare: 1, columnShare: 1, l2: 0, earlyStoppingRounds: 0 };

describe('histograms', () => {
  it('sum what a loop sums, over chunks and over columns that share a byte', () => {
    const rows = 10_000;
    const bins = Int32Array.of(2, 3, 250, 5, 1, 2, 100, 2);
    const columns = [...bins].map((count, column) =>
      Uint8Array.from({ length: rows }, (_, row) => {
        const value = (row * (column + 3) + (row >> 5)) % (count + 1);
        return value === count ? 255 : value;
      }),
    );
    const table = packBins(columns, bins);
    expect(table.bundles.length).toBeLessThan(bins.length);
    const labels = Uint8Array.from({ length: rows }, (_, row) => (row % 7 < 3 ? 1 : 0));
    const packing = packingOf(rows);
    const scores = Array.from({ length: rows }, (_, row) => Math.sin(row) * 3);
    const loss = lossAt(scores, labels);
    const order = Int32Array.from({ length: rows }, (_, row) => row);
    loss.pack(order, 3);
    const histograms = new Histograms(table, packing);
    histograms.choose(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    const half = order.filter((row) => row % 3 !== 0);
    const histogram = histograms.take();
    histograms.fill(histogram, half, 0, half.length, loss.packed);
    const expected = new Float64Array(histogram.length);
    for (const row of half) {
      // The exact gradient, back in whole numbers: at most one away from what was rounded.
      const p = probability(scores[row]!);
      const gradient = (p - labels[row]!) * loss.gradientScale;
      const hessian = p * (1 - p) * loss.hessianScale;
      columns.forEach((column, i) => {
        const bin = column[row] === 255 ? bins[i]! : column[row]!;
        const at = 3 * (table.offset[i]! + bin);
        expected[at] = expected[at]! + gradient;
        expected[at + 1] = expected[at + 1]! + hessian;
        expected[at + 2] = expected[at + 2]! + 1;
      });
    }
    for (let at = 0; at < expected.length; at += 3) {
      const count = expected[at + 2]!;
      expect(histogram[at + 2]).toBe(count);
      expect(Math.abs(histogram[at]! - expected[at]!)).toBeLessThanOrEqual(count);
      expect(Math.abs(histogram[at + 1]! - expected[at + 1]!)).toBeLessThanOrEqual(count);
    }
    // Another order of the rows and a subtraction give the same numbers, not almost the same.
    const all = histograms.take();
    histograms.fill(all, order.toReversed(), 0, rows, loss.packed);
    const rest = order.filter((row) => row % 3 === 0);
    const other = histograms.take();
    histograms.fill(other, rest, 0, rest.length, loss.packed);
    histograms.subtract(all, other);
    expect(all).toEqual(histogram);
  });

  it('take apart a row of no hessian and a negative gradient', () => {
    const table = packBins([Uint8Array.of(0, 1)], Int32Array.of(2));
    const packing = packingOf(2);
    const loss = lossAt([-30, 30], Uint8Array.of(1, 0));
    loss.pack(Int32Array.of(0, 1), 0);
    const histograms = new Histograms(table, packing);
    histograms.choose(Int32Array.of(0));
    const histogram = histograms.take();
    histograms.fill(histogram, Int32Array.of(0, 1), 0, 2, loss.packed);
    const top = packing.topGradient;
    expect([...histogram]).toEqual([-top, 0, 1, top, 0, 1, 0, 0, 0]);
  });

  it('never round above the top, however far scores moved', () => {
    const packing = packingOf(100);
    const loss = new LogisticLoss(new Uint8Array(100), Math.exp(8), packing);
    const rows = Int32Array.from({ length: 100 }, (_, row) => row);
    loss.pack(rows, 0);
    loss.move(rows, 0, 100, oddsFactor(1));
    loss.pack(rows, 1);
    const most = probability(-7) * loss.gradientScale;
    expect(most).toBeLessThanOrEqual(packing.topGradient);
    expect(most).toBeGreaterThan(0.9 * packing.topGradient);
  });

  it('round gradients without a drift', () => {
    const rows = 4000;
    const loss = new LogisticLoss(new Uint8Array(rows), Math.exp(6), packingOf(rows));
    const order = Int32Array.from({ length: rows }, (_, row) => row);
    loss.pack(order, 0);
    const { hessianUnit, countUnit } = packingOf(rows);
    let hessians = 0;
    for (const packed of loss.packed) {
      hessians += Math.floor((packed - countUnit + hessianUnit / 2) / hessianUnit);
    }
    const p = probability(-6);
    expect(hessians / loss.hessianScale / rows / (p * (1 - p))).toBeCloseTo(1, 2);
  });
});

describe('odds', () => {
  it('are multiplied by e to the power of a step, and stay numbers however long the step', () => {
    for (const step of [-40, -3.7, -0.01, 0, 1e-9, 0.35, 12, 299]) {
      expect(oddsFactor(step) / Math.exp(-step)).toBeCloseTo(1, 12);
    }
    const row = Int32Array.of(0);
    const loss = lossAt([0], Uint8Array.of(1));
    for (const step of [1e9, 1e9, 1e9, -1e9, -1e9, -1e9]) {
      loss.move(row, 0, 1, oddsFactor(step));
    }
    expect(loss.mean(row)).toBeCloseTo(300, 9);
  });

  it('give the log loss and Newton’s step of rows', () => {
    const scores = [-2, 0.5, 3];
    const labels = Uint8Array.of(1, 0, 1);
    const loss = lossAt(scores, labels);
    const rows = Int32Array.of(0, 1, 2);
    expect(loss.mean(rows)).toBeCloseTo(logLoss(scores, labels), 12);
    const p = scores.map(probability);
    const gradient = p.reduce((sum, x, row) => sum + x - labels[row]!, 0);
    const hessian = p.reduce((sum, x) => sum + x * (1 - x), 0);
    expect(loss.newtonStep(rows, 0, 3, 1e-3, 2)).toBeCloseTo(-gradient / (hessian + 2), 12);
    expect(loss.newtonStep(rows, 0, 3, 5, 2)).toBeCloseTo(-gradient / 7, 12);
  });
});

describe('boosted trees', () => {
  it('give a leaf −rate × Σ gradient / (Σ hessian + l2), and start at the log odds', () => {
    const table = oneColumn([1, 1, 1, 2, 2, 2, 2, 2]);
    const labels = Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 1);
    const fitted = fitBoosting(
      table,
      labels,
      settings({ ...PLAIN, rounds: 1, leaves: 2, minLeaf: 1, learningRate: 0.3, l2: 0.7 }),
      1,
    );
    const p = 3 / 8;
    expect(fitted.base).toBeCloseTo(Math.log(3 / 5), 12);
    const leaf = (positives: number, rows: number) =>
      (-0.3 * (rows * p - positives)) / (rows * p * (1 - p) + 0.7);
    expect([...fitted.value]).toEqual([
      expect.closeTo(leaf(2, 3), 9),
      expect.closeTo(leaf(1, 5), 9),
    ]);
    expect([...fitted.cover]).toEqual([3, 5]);
    expect([...fitted.split]).toEqual(
      [2, 0, 0].map((_, node) => (node === 0 ? fitted.split[0] : 0)),
    );
    expect(logOdds(fitted, table)[0]).toBeCloseTo(fitted.base + leaf(2, 3), 9);
  });

  it('lower the training loss with every tree', () => {
    const { table, labels } = madeUp(600);
    const losses = [1, 2, 5, 10, 20, 40].map((rounds) =>
      logLoss(
        logOdds(fitBoosting(table, labels, settings({ ...PLAIN, rounds }), 1), table),
        labels,
      ),
    );
    for (let i = 1; i < losses.length; i += 1) expect(losses[i]).toBeLessThan(losses[i - 1]!);
  });

  it('keep to their leaves, depth and rows in a leaf', () => {
    const { table, labels } = madeUp(700);
    const limits = { ...PLAIN, rounds: 8, leaves: 8, maxDepth: 40, minLeaf: 25 };
    const fitted = fitBoosting(table, labels, settings(limits), 1);
    expect(Math.min(...fitted.cover)).toBeGreaterThanOrEqual(25);
    expect([...fitted.cover].reduce((a, b) => a + b, 0)).toBe(8 * 700);
    expect(fitted.cover.length).toBe(8 * 8);
    const deepest = ({ split }: typeof fitted): number => {
      let node = 0;
      const depth = (): number => (split[node++] === 0 ? 0 : 1 + Math.max(depth(), depth()));
      return Math.max(...Array.from({ length: 8 }, depth));
    };
    expect(deepest(fitted)).toBeGreaterThan(3);
    const flat = fitBoosting(table, labels, settings({ ...limits, maxDepth: 3 }), 1);
    expect(deepest(flat)).toBe(3);
  });

  it('always split the leaf that gains most', () => {
    // Left half: a gap of 1 in the rate; right half: a gap of 0.2. The third leaf belongs to the left.
    const values = Array.from({ length: 400 }, (_, i) => Math.floor(i / 100));
    const labels = Uint8Array.from(values, (value, i) =>
      value === 0 ? 0 : value === 1 ? 1 : i % 10 < (value === 2 ? 8 : 9) ? 1 : 0,
    );
    const limits = { ...PLAIN, rounds: 1, leaves: 3 };
    const fitted = fitBoosting(oneColumn(values), labels, settings(limits), 1);
    expect([...fitted.cover]).toEqual([100, 100, 200]);
    const mirrored = oneColumn(values.map((value) => -value));
    expect([...fitBoosting(mirrored, labels, settings(limits), 1).cover]).toEqual([200, 100, 100]);
  });

  it('end at the rates of a table that two leaves say all about, with rows drawn too', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i % 2);
    const labels = Uint8Array.from(values, (value, i) => (i % 10 < 2 ? 1 - value : value));
    for (const rowShare of [1, 0.3]) {
      const long = { ...PLAIN, rounds: 100, learningRate: 0.2, rowShare };
      const [zero, one] = logOdds(
        fitBoosting(oneColumn(values), labels, settings(long), 1),
        oneColumn([0, 1]),
      );
      expect(zero).toBeCloseTo(-Math.log(4), 0);
      expect(one).toBeCloseTo(Math.log(4), 0);
    }
  });

  it('learn where missing values go, at the root and where training had none', () => {
    const values = Array.from({ length: 300 }, (_, i) => (i % 3 === 2 ? Number.NaN : i % 3));
    for (const like of [0, 1]) {
      const labels = Uint8Array.from(values, (value) => (Number.isNaN(value) ? like : value));
      const fitted = fitBoosting(oneColumn(values), labels, settings({ ...PLAIN, rounds: 3 }), 1);
      const [zero, one, missing] = logOdds(fitted, oneColumn([0, 1, Number.NaN]));
      expect(missing).toBe(like === 0 ? zero : one);
    }
    const skewed = Array.from({ length: 300 }, (_, i) => (i < 200 ? 0 : 1));
    const fitted = fitBoosting(
      oneColumn(skewed),
      Uint8Array.from(skewed),
      settings({ ...PLAIN, rounds: 3 }),
      1,
    );
    const [zero, , missing] = logOdds(fitted, oneColumn([0, 1, Number.NaN]));
    expect(missing).toBe(zero);
  });

  it('part missing from all numbers, also from those that training lacks', () => {
    const values = Array.from({ length: 200 }, (_, i) =>
      i % 2 === 0 ? Number.NaN : (i % 20) / 20,
    );
    const labels = Uint8Array.from(values, (value, i) =>
      Number.isNaN(value) === i % 14 < 12 ? 1 : 0,
    );
    const limits = { ...PLAIN, rounds: 1, leaves: 2 };
    const fitted = fitBoosting(oneColumn(values), labels, settings(limits), 1);
    const [low, high, missing] = logOdds(fitted, oneColumn([-9, 99, Number.NaN]));
    expect(low).toBe(high);
    expect(missing).toBeGreaterThan(low!);
  });

  it('stop early, keep the best number of trees, and hold whole groups out', () => {
    const { table, labels } = madeUp(400);
    const long = { ...PLAIN, rounds: 400, learningRate: 0.3, earlyStoppingRounds: 5 };
    const fitted = fitBoosting(table, labels, settings(long), 1);
    expect(fitted.trees).toBeLessThan(100);
    // The same trees as of a run that is told the number: all rows are used in the end.
    const told = { ...long, rounds: fitted.trees, earlyStoppingRounds: 0 };
    expect(fitBoosting(table, labels, settings(told), 1)).toEqual(fitted);

    // Every row ten times, labels pure chance: a fit that sees twins of what it holds out never stops.
    const twins = Int32Array.from({ length: 1500 }, (_, i) => i % 150);
    const noise = madeUp(150, 5);
    const shuffled = Uint8Array.from(noise.labels, (_, i) => ((i * 7919) % 31) % 2);
    const ten = selectRows(noise.table, twins);
    const tenLabels = Uint8Array.from(twins, (row) => shuffled[row]!);
    const blind = fitBoosting(ten, tenLabels, settings(long), 1);
    const grouped = fitBoosting(ten, tenLabels, settings(long), 1, twins);
    expect(grouped.trees).toBeLessThan(blind.trees / 3);
    // With whole steps the first tree is already too much, and no later one mends it.
    const bold = settings({ ...long, learningRate: 1 });
    expect(fitBoosting(ten, tenLabels, bold, 1, twins).trees).toBe(1);
    const trees = [1, 60].map((earlyStoppingRounds) => {
      const patient = settings({ ...long, learningRate: 0.1, rowShare: 0.3, earlyStoppingRounds });
      return fitBoosting(table, labels, patient, 1).trees;
    });
    expect(trees[0]).toBeLessThan(trees[1]!);
  });

  it('draw rows and columns by the seed, and are the same bytes for the same seed', () => {
    const { table, labels } = madeUp(500);
    const drawn = settings({ rounds: 12, rowShare: 0.5, columnShare: 0.5 });
    const fit = (seed: number) =>
      JSON.stringify(boosting.pack(fitBoosting(table, labels, drawn, seed)));
    expect(fit(1)).toBe(fit(1));
    expect(fit(1)).not.toBe(fit(2));
    const fitted = fitBoosting(table, labels, drawn, 1);
    expect([...fitted.cover].reduce((a, b) => a + b, 0)).toBe(12 * 250);
    // Half of four columns a tree: no tree has a third.
    let node = 0;
    let leaf = 0;
    const used = Array.from({ length: 12 }, () => {
      const columns = new Set<number>();
      let open = 1;
      for (; open > 0; node += 1) {
        const code = fitted.split[node]!;
        if (code > 0) columns.add((code - 1) % 4);
        else leaf += 1;
        open += code > 0 ? 1 : -1;
      }
      return columns;
    });
    expect(leaf).toBe(fitted.value.length);
    expect(Math.max(...used.map((columns) => columns.size))).toBe(2);
    expect(new Set(used.flatMap((columns) => [...columns])).size).toBe(4);
  });

  it('take a column that is missing everywhere, and rows that no split can part', () => {
    const table: Table = {
      rows: 50,
      columns: [
        { kind: 'numeric', name: 'empty', values: new Float64Array(50).fill(Number.NaN) },
        { kind: 'categorical', name: 'none', codes: new Int32Array(50).fill(-1), levels: ['a'] },
        { kind: 'numeric', name: 'same', values: new Float64Array(50).fill(3) },
      ],
    };
    const labels = Uint8Array.from({ length: 50 }, (_, i) => (i < 10 ? 1 : 0));
    const fitted = fitBoosting(table, labels, settings({ rounds: 3 }), 1);
    expect([...fitted.split]).toEqual([0, 0, 0]);
    for (const odds of logOdds(fitted, table)) expect(odds).toBeCloseTo(Math.log(0.25), 0);
    expect(fitted.value.every(Number.isFinite)).toBe(true);
  });

  it('stay finite where one column says everything', () => {
    const values = Array.from({ length: 200 }, (_, i) => i);
    const labels = Uint8Array.from(values, (value) => (value < 100 ? 0 : 1));
    const hard = settings({ ...PLAIN, rounds: 500, learningRate: 1, minLeaf: 1 });
    const odds = logOdds(fitBoosting(oneColumn(values), labels, hard, 1), oneColumn([3, 150]));
    expect(odds[0]).toBeLessThan(-5);
    expect(odds[1]).toBeGreaterThan(5);
  });
});

describe('boosting as part of a file', () => {
  const { table, labels } = madeUp(300);
  const features: Feature[] = table.columns.map((column) =>
    column.kind === 'numeric'
      ? { name: column.name, kind: 'numeric' }
      : { name: column.name, kind: 'categorical', levels: column.levels },
  );
  const fitted = fitBoosting(table, labels, settings({ rounds: 4 }), 1);
  const written = () => JSON.parse(JSON.stringify(boosting.pack(fitted)));

  it('comes back as it was', () => {
    expect(boosting.unpack(written(), features)).toEqual(fitted);
  });

  it.each([
    ['a base that is no number', { base: null }, /base is not a finite number/],
    ['another kind', { kind: 'forest' }, /kind is not boosting/],
    ['a further field', { more: 1 }, /unknown field/],
    ['more trees than there are', { trees: 5 }, /trees are more|end in the middle/],
    [
      'a value too few',
      { value: { type: 'f64', length: 1, data: 'AAAAAAAAAAA=' } },
      /value has not one entry a leaf/,
    ],
  ])('refuses %s', (_, change, message) => {
    const error = thrownBy(() => boosting.unpack({ ...written(), ...change }, features));
    expect(error.name).toBe('ArtifactInvalid');
    expect(error.message).toMatch(message);
  });

  it.each([
    ['rounds', 0],
    ['rounds', 1.5],
    ['leaves', 1],
    ['maxDepth', 41],
    ['learningRate', 0],
    ['learningRate', Number.NaN],
    ['minLeaf', 0],
    ['l2', -1],
    ['rowShare', 1.1],
    ['columnShare', 0],
    ['earlyStoppingRounds', -1],
    ['trees', 5],
  ])('refuses the setting %s of %s', (name, value) => {
    const error = thrownBy(() => boosting.check({ [name]: value }));
    expect(error).toMatchObject({ name: 'SettingsInvalid', subject: name });
  });

  it('refuses to hold out what is too little, and labels of one class', () => {
    const few = selectRows(table, Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    const two = Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1);
    const stopping = settings({ earlyStoppingRounds: 5 });
    expect(thrownBy(() => fitBoosting(few, two, stopping, 1)).name).toBe('SettingsInvalid');
    expect(thrownBy(() => fitBoosting(few, new Uint8Array(8), settings({}), 1)).name).toBe(
      'OneClass',
    );
  });
});

it('gives every leaf a finite value, without a penalty and at full rate too', () => {
  // Past log odds of 37 a probability is 1 to the last bit, and its hessian 0; noise leads there.
  const random = substream(1, 'noisy');
  const values = Float64Array.from({ length: 1000 }, () => random.nextNormal());
  const labels = Uint8Array.from(values, (value) => (value + random.nextNormal() > 0 ? 1 : 0));
  const table: Table = { rows: 1000, columns: [{ kind: 'numeric', name: 'x', values }] };
  const settings = checkBoostingSettings({ rounds: 300, learningRate: 1, l2: 0 });
  const { value } = fitBoosting(table, labels, settings, 1);
  expect(value.every((leaf) => Number.isFinite(leaf))).toBe(true);
});
