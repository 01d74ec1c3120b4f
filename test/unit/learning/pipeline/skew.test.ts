/** Training and serving make the same numbers of the same rows: rows as a table, as JSON, as CSV text. */
import { describe, expect, it } from 'vitest';
import { readCsv, writeCsv } from '#dataset/csv.ts';
import type { Reader } from '#learning/pipeline/estimator-kind.ts';
import { fitTransforms } from '#learning/pipeline/fit-transforms.ts';
import { withSeenLevels } from '#learning/pipeline/fit.ts';
import { type RawRow, recordReader, tableReader } from '#learning/pipeline/scorer.ts';
import type { TransformSpec } from '#learning/pipeline/transform-specs.ts';
import {
  featureOf,
  featuresAfter,
  throughTransforms,
  type Transform,
} from '#learning/pipeline/transforms.ts';
import { substream } from '#learning/random.ts';
import type { Column, Table } from '#learning/table.ts';

const TRAINED = 1500;
const SERVED = 1500;
const LEVELS = ['north', 'east', 'süd', 'a=b', '0', ' odd ', 'rare'];

/**
 * Numbers of every size and sign and categories, at least a tenth missing in each; in the rows behind
 * `TRAINED` a tenth of the levels are none that training saw.
 */
function madeUpRows(): { table: Table; labels: Uint8Array } {
  const random = substream(3, 'skew');
  const rows = TRAINED + SERVED;
  const number = (name: string, draw: () => number): Column => ({
    kind: 'numeric',
    name,
    values: Float64Array.from({ length: rows }, () =>
      random.nextFloat() < 0.12 ? Number.NaN : draw(),
    ),
  });
  const category = (name: string, known: number): Column => ({
    kind: 'categorical',
    name,
    levels: LEVELS.map((level) => (name === 'site' ? level : `${level} ${name}`)),
    codes: Int32Array.from({ length: rows }, (_, row) => {
      if (random.nextFloat() < 0.12) return -1;
      if (row >= TRAINED && random.nextFloat() < 0.1) return known + random.nextInt(7 - known);
      return random.nextInt(known);
    }),
  });
  const columns = [
    number('amount', () => random.nextNormal() * 1e-7),
    number('count', () => random.nextInt(5) - 2),
    number('huge', () => random.nextNormal() * 1e200),
    category('site', 6),
    category('plan', 3),
    number('third', () => random.nextInt(100) / 3),
  ];
  return {
    table: { rows, columns },
    labels: Uint8Array.from({ length: rows }, () => random.nextInt(2)),
  };
}

function rowsOf(table: Table, from: number, to: number): Table {
  return {
    rows: to - from,
    columns: table.columns.map(
      (column): Column =>
        column.kind === 'numeric'
          ? { ...column, values: column.values.slice(from, to) }
          : { ...column, codes: column.codes.slice(from, to) },
    ),
  };
}

/** Keeps, row after row, the cells that an estimator is given; `score` ends a block. */
function spy(features: number): { reader: Reader; seen: number[][] } {
  const seen: number[][] = [];
  let block: number[][] = [];
  const put = (row: number, feature: number, cell: number): void => {
    (block[row] ??= new Array<number>(features).fill(12_345))[feature] = cell;
  };
  const score = (rows: number): void => {
    seen.push(...block.slice(0, rows));
    block = [];
  };
  return { reader: { setNumber: put, setLevel: put, score }, seen };
}

type Feed = (columns: ReturnType<typeof featureOf>[], reader: Reader) => void;

/** What the estimator is given where rows come as `feed` brings them; bits, so that −0 isn't 0. */
function given(training: Table, transforms: readonly Transform[], feed: Feed): string[] {
  const columns = training.columns.map(featureOf);
  const { reader, seen } = spy(featuresAfter(columns, transforms).length);
  feed(columns, throughTransforms(columns, transforms, reader));
  return seen.map(bitsOf);
}

const bitsOf = (row: readonly number[]) =>
  Buffer.from(
    Float64Array.from(row, (cell) => (Number.isNaN(cell) ? Number.NaN : cell)).buffer,
  ).toString('hex');

const nothing = new Float64Array(0);
const byRecords =
  (records: readonly RawRow[]): Feed =>
  (columns, reader) => {
    const read = recordReader(columns, reader, null);
    for (const record of records) {
      read(record);
      reader.score(1, nothing, 0);
    }
  };
const byTable =
  (table: Table): Feed =>
  (columns, reader) => {
    const read = tableReader(columns, table, reader, null);
    for (let at = 0; at < table.rows; at += 128) {
      read(at, Math.min(128, table.rows - at));
      reader.score(Math.min(128, table.rows - at), nothing, 0);
    }
  };

/** As a client would send them: through the text of JSON. */
function jsonOf(table: Table): RawRow[] {
  const records = Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(
      table.columns.map((column) => {
        if (column.kind === 'numeric') {
          const value = column.values[row]!;
          return [column.name, Number.isNaN(value) ? null : value];
        }
        return [column.name, column.levels[column.codes[row]!] ?? null];
      }),
    ),
  );
  return JSON.parse(JSON.stringify(records)) as RawRow[];
}

/** As a file has them: every cell a text, missing in one of its spellings. */
function csvOf(table: Table): RawRow[] {
  const spelling = ['', 'NA', 'N/A', 'NaN', 'null', 'None'];
  const header = table.columns.map((column) => column.name);
  const written = writeCsv(
    header,
    Array.from({ length: table.rows }, (_, row) =>
      table.columns.map((column) => {
        const none = spelling[row % spelling.length]!;
        if (column.kind === 'categorical') return column.levels[column.codes[row]!] ?? none;
        return Number.isNaN(column.values[row]!) ? none : String(column.values[row]!);
      }),
    ),
  );
  const read = readCsv(written, 'rows.csv');
  return read.rows.map((cells) =>
    Object.fromEntries(read.header.map((name, i) => [name, cells[i]!])),
  );
}

const SPECS: [string, TransformSpec[]][] = [
  ['none', []],
  ['impute median', [{ kind: 'impute', with: 'median' }]],
  ['impute mean', [{ kind: 'impute', with: 'mean' }]],
  ['impute most frequent', [{ kind: 'impute', with: 'most-frequent' }]],
  ['one-hot', [{ kind: 'encode', as: 'one-hot' }]],
  ['ordinal', [{ kind: 'encode', as: 'ordinal' }]],
  ['frequency', [{ kind: 'encode', as: 'frequency' }]],
  [
    'product',
    [
      {
        kind: 'interact',
        as: 'product',
        pairs: [
          ['amount', 'huge'],
          ['huge', 'huge'],
        ],
      },
    ],
  ],
  [
    'ratio',
    [
      {
        kind: 'interact',
        as: 'ratio',
        pairs: [
          ['third', 'count'],
          ['amount', 'huge'],
        ],
      },
    ],
  ],
  ['cross', [{ kind: 'interact', as: 'cross', pairs: [['site', 'plan']] }]],
  ['select', [{ kind: 'select', best: 3 }]],
  [
    'all in a row',
    [
      { kind: 'interact', as: 'cross', pairs: [['plan', 'site']] },
      { kind: 'interact', as: 'ratio', pairs: [['third', 'count']] },
      { kind: 'impute', with: 'median' },
      { kind: 'impute', with: 'most-frequent', columns: ['plan'] },
      { kind: 'encode', as: 'frequency', columns: ['plan×site'] },
      { kind: 'interact', as: 'product', pairs: [['plan×site', 'third/count']] },
      { kind: 'encode', as: 'one-hot' },
      { kind: 'select', best: 9 },
    ],
  ],
];

describe('the cells that an estimator is given', () => {
  const { table, labels } = madeUpRows();
  const training = withSeenLevels(rowsOf(table, 0, TRAINED));
  const served = rowsOf(table, TRAINED, TRAINED + SERVED);
  // Levels that only served rows have; a forest of them would tell nothing.
  const unseen = served.columns.reduce((sum, column, i) => {
    const known = training.columns[i]!;
    if (column.kind === 'numeric' || known.kind === 'numeric') return sum;
    return (
      sum +
      column.codes.filter((code) => code >= 0 && !known.levels.includes(column.levels[code]!))
        .length
    );
  }, 0);
  const missing = served.columns.map((column) =>
    column.kind === 'numeric'
      ? column.values.filter(Number.isNaN).length
      : column.codes.filter((code) => code < 0).length,
  );

  it('are compared over enough missing and unseen ones', () => {
    console.log(
      `skew: ${TRAINED} training and ${SERVED} served rows, ${missing.join(' ')} cells missing a column, ${unseen} unseen`,
    );
    expect(Math.min(...missing)).toBeGreaterThan(SERVED / 10);
    expect(unseen).toBeGreaterThan(200);
  });

  it.each(SPECS)('are the same, bit for bit, in training and in serving: %s', (_, specs) => {
    const fitted = fitTransforms(training, labels.subarray(0, TRAINED), specs);
    const trained = Array.from({ length: TRAINED }, (_row, row) =>
      bitsOf(
        fitted.table.columns.map((column) =>
          column.kind === 'numeric' ? column.values[row]! : column.codes[row]!,
        ),
      ),
    );
    for (const feed of [
      byTable(rowsOf(table, 0, TRAINED)),
      byRecords(jsonOf(training)),
      byRecords(csvOf(training)),
    ]) {
      expect(given(training, fitted.transforms, feed)).toEqual(trained);
    }
    const batch = given(training, fitted.transforms, byTable(served));
    expect(batch).toHaveLength(SERVED);
    expect(given(training, fitted.transforms, byRecords(jsonOf(served)))).toEqual(batch);
    expect(given(training, fitted.transforms, byRecords(csvOf(served)))).toEqual(batch);
  });

  it('tell an unseen level from a missing one where a transform says so', () => {
    const rows: Table = {
      rows: 4,
      columns: [
        { kind: 'categorical', name: 'a', levels: ['p', 'q'], codes: Int32Array.of(0, 1, -1, 0) },
        { kind: 'categorical', name: 'b', levels: ['s', 't'], codes: Int32Array.of(0, 1, 1, 0) },
      ],
    };
    const cellsOf = (specs: TransformSpec[], record: RawRow): number[] => {
      const { transforms } = fitTransforms(rows, Uint8Array.of(0, 1, 0, 1), specs);
      const { reader, seen } = spy(featuresAfter(rows.columns.map(featureOf), transforms).length);
      const columns = rows.columns.map(featureOf);
      byRecords([record])(columns, throughTransforms(columns, transforms, reader));
      return seen[0]!;
    };
    const hot: TransformSpec[] = [{ kind: 'encode', as: 'one-hot', columns: ['a'] }];
    expect(cellsOf(hot, { a: 'new', b: 't' })).toEqual([0, 0, 0, 1]);
    expect(cellsOf(hot, { a: null, b: 't' })).toEqual([0, 0, 1, 1]);
    const share: TransformSpec[] = [{ kind: 'encode', as: 'frequency', columns: ['a'] }];
    expect(cellsOf(share, { a: 'new', b: 't' })).toEqual([0, 1]);
    expect(cellsOf(share, { a: null, b: 't' })).toEqual([Number.NaN, 1]);
    const index: TransformSpec[] = [{ kind: 'encode', as: 'ordinal', columns: ['a'] }];
    expect(cellsOf(index, { a: 'new', b: 't' })).toEqual([Number.NaN, 1]);
    const full: TransformSpec[] = [{ kind: 'impute', with: 'most-frequent' }];
    expect(cellsOf(full, { a: 'new', b: null })).toEqual([-2, 0]);
    const cross: TransformSpec[] = [{ kind: 'interact', as: 'cross', pairs: [['a', 'b']] }];
    // Trained on p×s and q×t; q×s is made of levels that are known, and is unseen.
    expect(cellsOf(cross, { a: 'p', b: 's' })).toEqual([0, 0, 0]);
    expect(cellsOf(cross, { a: 'q', b: 's' })).toEqual([1, 0, -2]);
    expect(cellsOf(cross, { a: 'new', b: 's' })).toEqual([-2, 0, -2]);
    expect(cellsOf(cross, { a: 'new', b: '' })).toEqual([-2, -1, -1]);
  });
});
