import { expect, it } from 'vitest';
import { type Artifact } from '#learning/pipeline/artifact.ts';
import { fitPipeline } from '#learning/pipeline/fit.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { metricsOf } from '#learning/metrics/metrics.ts';
import { substream } from '#learning/random.ts';
import { measureImportance } from '#evaluation/importance.ts';
import { madeUp, MANIFEST, PROVENANCE } from '../learning/made-up-table.ts';

const training = madeUp(1500);
const { table, labels } = madeUp(900, 2);

function fitted(columns: readonly string[]): Artifact {
  return fitPipeline({
    table: {
      rows: training.table.rows,
      columns: training.table.columns.filter(({ name }) => columns.includes(name)),
    },
    labels: training.labels,
    candidate: { name: 'logistic', algorithm: 'logistic', settings: { l2: 1 } },
    seed: 1,
    positive: 'yes',
    thresholdRule: 0.5,
    trainingManifest: MANIFEST,
    provenance: PROVENANCE,
  });
}

const challenger = fitted(['first', 'place', 'second', 'noise']);
const champion = fitted(['place', 'second', 'noise']);

it('says by column what each model leans on, and which doesn’t read it', () => {
  const found = measureImportance({ challenger, champion, table, labels, rules: null, seed: 3 });
  const of = Object.fromEntries(found!.columns.map((one) => [one.column, one]));
  expect(found).toMatchObject({ rows: 900, repeats: 3 });
  expect(Object.keys(of)).toEqual(['first', 'place', 'second', 'noise']);
  expect(of['first']!.champion).toBeNull();
  expect(of['first']!.challenger!.mean).toBeGreaterThan(0.05);
  expect(Math.abs(of['noise']!.challenger!.mean)).toBeLessThan(0.01);
  expect(of['second']!.champion!.mean).toBeGreaterThan(of['noise']!.champion!.mean);
});

it('is the mean fall of AUC over shuffles that the seed and the column name say', () => {
  const { columns } = measureImportance({
    challenger,
    champion,
    table,
    labels,
    rules: null,
    seed: 3,
  })!;
  const second = columns.find((one) => one.column === 'second')!;
  // Brute force: the same draws, the table written out anew.
  const aucOf = (model: Artifact, values?: Float64Array): number =>
    metricsOf(
      scorer(model).scoreTable({
        rows: table.rows,
        columns: table.columns
          .filter(({ name }) => model.columns.some((column) => column.name === name))
          .map((column) =>
            column.name === 'second' && values !== undefined
              ? { kind: 'numeric' as const, name: 'second', values }
              : column,
          ),
      }),
      labels,
      0.5,
    ).auc;
  const original = table.columns.find(({ name }) => name === 'second') as { values: Float64Array };
  for (const [model, spread] of [
    [challenger, second.challenger],
    [champion, second.champion],
  ] as const) {
    const drops = [0, 1, 2].map((repeat) => {
      const random = substream(3, 'permutation', 'second', repeat);
      const shuffled = original.values.slice();
      for (let left = shuffled.length - 1; left > 0; left -= 1) {
        const pick = random.nextInt(left + 1);
        [shuffled[left], shuffled[pick]] = [shuffled[pick]!, shuffled[left]!];
      }
      return aucOf(model) - aucOf(model, shuffled);
    });
    expect(spread!.mean).toBeCloseTo(drops.reduce((a, b) => a + b, 0) / 3, 12);
  }
});

it('finds the positives where a few rows in even places have none', () => {
  const rows = 5000;
  const first = Float64Array.from({ length: rows }, (_, row) =>
    row % 1000 === 4 ? 9 : (row % 7) / 7,
  );
  const rare = Uint8Array.from(first, (value) => (value === 9 ? 1 : 0));
  const few = {
    rows,
    columns: [
      { kind: 'numeric' as const, name: 'first', values: first },
      ...training.table.columns
        .filter(({ name }) => name !== 'first')
        .map((column) => ({
          ...column,
          ...(column.kind === 'numeric'
            ? { values: new Float64Array(rows) }
            : { codes: new Int32Array(rows) }),
        })),
    ] as typeof table.columns,
  };
  const found = measureImportance({
    challenger,
    champion,
    table: few,
    labels: rare,
    rules: null,
    seed: 3,
  })!;
  // Half of the 2,000 are to be positive, and there are 5, in no even place.
  expect(found.rows).toBe(1005);
  expect(found.columns[0]!.challenger!.mean).toBeGreaterThan(0.3);
});

it('is null where no AUC can be told', () => {
  const one = new Uint8Array(labels.length);
  expect(
    measureImportance({ challenger, champion: null, table, labels: one, rules: null, seed: 3 }),
  ).toBeNull();
});
