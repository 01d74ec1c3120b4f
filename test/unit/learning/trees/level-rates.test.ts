import { describe, expect, it } from 'vitest';
import { fitBaseline } from '#learning/baselines.ts';
import { metricsOf } from '#learning/metrics/metrics.ts';
import { type PipelineSpec, fitPipeline } from '#learning/pipeline/fit.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { substream } from '#learning/random.ts';
import { type CategoricalColumn, selectRows, type Table } from '#learning/table.ts';
import { fitBins } from '#learning/trees/bins.ts';
import { levelRates } from '#learning/trees/level-rates.ts';
import { madeUp, MANIFEST, PROVENANCE } from '../made-up-table.ts';

function category(rows: number, levels: number, seed: number): CategoricalColumn {
  const random = substream(seed, 'category', levels);
  return {
    kind: 'categorical',
    name: 'id',
    codes: new Int32Array(rows).map(() => random.nextInt(levels)),
    levels: Array.from({ length: levels }, (_, level) => `level ${level}`),
  };
}

function coins(rows: number, seed: number): Uint8Array {
  const random = substream(seed, 'coins');
  return new Uint8Array(rows).map(() => random.nextInt(2));
}

const TRAINED = 3000;
const ROWS = 9000;
const between = (from: number, to: number) =>
  Int32Array.from({ length: to - from }, (_, i) => from + i);
const made = madeUp(ROWS, 5);
const truth = made.labels.subarray(TRAINED);

const CANDIDATES: PipelineSpec[] = [
  {
    name: 'forest',
    algorithm: 'forest',
    settings: { trees: 40, maxDepth: 12, minLeaf: 5, featuresPerSplit: 'sqrt' },
  },
  { name: 'boosting', algorithm: 'boosting', settings: { rounds: 60 } },
];

/** AUC on fresh rows of forest, boosting and the best column. */
function aucs(table: Table): number[] {
  const input = {
    table: selectRows(table, between(0, TRAINED)),
    labels: made.labels.subarray(0, TRAINED),
    seed: 1,
    positive: 'yes',
    thresholdRule: 0.5,
    trainingManifest: MANIFEST,
    provenance: PROVENANCE,
  };
  const models = [
    ...CANDIDATES.map((candidate) => fitPipeline({ ...input, candidate })),
    fitBaseline('best-column', input),
  ];
  const fresh = selectRows(table, between(TRAINED, ROWS));
  return models.map((model) => metricsOf(scorer(model).scoreTable(fresh), truth, 0.5).auc);
}

describe('levels without a relation to the label', () => {
  const without = aucs(made.table);

  it.each([2000, 600, 60])('cost nothing on fresh rows: %i of them', (levels) => {
    const column = category(ROWS, levels, 6);
    aucs({ rows: ROWS, columns: [...made.table.columns, column] }).forEach((auc, i) => {
      expect(auc).toBeGreaterThan((without[i] ?? 1) - 0.01);
    });
  });
});

describe('the rate that a training row reads', () => {
  it("doesn't know the row's own label", () => {
    const column = category(2000, 300, 7);
    const labels = coins(2000, 8);
    const before = levelRates(column, labels).ofRow;
    for (const row of [0, 5, 77, 1234, 1999]) {
      const other = labels.map((label, at) => (at === row ? 1 - label : label));
      // The overall rate that it is mixed with moves by one row of 2,000.
      expect(Math.abs(levelRates(column, other).ofRow[row]! - before[row]!)).toBeLessThan(1 / 2000);
    }
  });

  it("doesn't know a label of the row's group", () => {
    const column = category(2000, 300, 7);
    const groups = new Int32Array(2000).map((_, row) => row % 400);
    const labels = coins(2000, 8);
    const before = levelRates(column, labels, groups).ofRow;
    for (const group of [0, 17, 399]) {
      const other = labels.map((label, at) => (groups[at] === group ? 1 - label : label));
      const after = levelRates(column, other, groups).ofRow;
      for (let row = group; row < 2000; row += 400) {
        if (Number.isNaN(before[row])) expect(after[row]).toBeNaN();
        else expect(Math.abs(after[row]! - before[row]!)).toBeLessThan(5 / 2000);
      }
    }
  });

  it('is missing where only its own group has the level, however often', () => {
    // A level a group, 40 rows each: what an identity would be, and fresh rows have other ones.
    const rows = 40 * 50;
    const codes = new Int32Array(rows).map((_, row) => row % 50);
    const column = { ...category(1, 50, 1), codes };
    const { ofRow, ofLevel } = levelRates(column, coins(rows, 9), codes);
    expect(ofRow.every(Number.isNaN)).toBe(true);
    expect(ofLevel.every((rate) => rate > 0 && rate < 1)).toBe(true);
  });

  it("is the other fifths' share of positives, mixed with ten rows of the overall one", () => {
    const column = category(3000, 100, 3);
    const labels = coins(3000, 4);
    const { ofRow, ofLevel } = levelRates(column, labels);
    const overall = labels.reduce((sum, label) => sum + label, 0) / 3000;
    const inside = [...column.codes.keys()].filter((row) => column.codes[row] === 42);
    const up = inside.reduce((sum, row) => sum + labels[row]!, 0);
    expect(ofLevel[42]).toBeCloseTo((up + 10 * overall) / (inside.length + 10), 14);
    // Rows of one fifth read the same: as many others, and as many positives among them.
    const fifths = Map.groupBy(inside, (row) => ofRow[row]!);
    expect(fifths.size).toBeLessThanOrEqual(5);
    const rates = [...fifths].map(([rate, rows]) => {
      const others = inside.length - rows.length;
      const above = up - rows.reduce((sum, row) => sum + labels[row]!, 0);
      return [rate, (above + 10 * overall) / (others + 10)];
    });
    for (const [rate, expected] of rates) expect(rate).toBeCloseTo(expected!, 14);
  });
});

it('cuts levels as it would cut their numbers row by row', () => {
  // 300 levels of 500 rows and more, of which two are never there: more than there are bins.
  const made = category(200_000, 300, 4);
  const codes = made.codes.map((code, row) => (row % 50 === 0 ? -1 : code === 299 ? 7 : code));
  const column = { ...made, codes, levels: [...made.levels, 'never'] };
  const labels = coins(200_000, 5);
  const { ofRow, rows } = levelRates(column, labels);
  expect(rows).not.toBeNull();
  const { bytes, count } = fitBins({ kind: 'numeric', name: 'rate', values: ofRow }, labels);
  expect(fitBins(column, labels)).toMatchObject({ bytes, count });
});

describe('a level with a bin of its own', () => {
  it('is one of a few, or of many rows, and keeps it where another has the same rate', () => {
    // Four levels, each with half of its rows positive, as where only two columns together tell.
    const codes = new Int32Array(400).map((_, row) => row % 4);
    const labels = new Uint8Array(400).map((_, row) => (row >> 2) & 1);
    const few = { ...category(1, 4, 1), codes };
    const fitted = fitBins(few, labels);
    expect([...fitted.bytes]).toEqual([...codes]);
    const many = { ...category(12_000, 20, 1) };
    const wide = fitBins(many, coins(12_000, 2));
    expect(wide.count).toBe(20);
  });
});
