/** How init finds what a table's cells mean, from tables that nobody told it about. */
import { describe, expect, it } from 'vitest';
import type { Separator } from '#dataset/csv.ts';
import { type InferredTable, inferTable } from '#model-folder/infer/infer-table.ts';
import { substream } from '#learning/random.ts';
import { bytesOf } from '../../dataset/small-folder.ts';

const ROWS = 300;
type Cell = (row: number) => string;
type Cells = NonNullable<Parameters<typeof inferTable>[1]['cells']>;
const random = substream(2, 'reading');
const LABELS = Array.from({ length: ROWS }, () => (random.nextInt(3) === 0 ? 'yes' : 'no'));
const MEASURED = Array.from({ length: ROWS }, () => random.nextInt(90_000) / 7);
const measured: Cell = (row) => String(MEASURED[row] ?? 0);

function infer(
  columns: Readonly<Record<string, Cell>>,
  cells: Cells = {},
  separator: Separator = ',',
): InferredTable {
  const header = [...Object.keys(columns), 'y'].join(separator);
  const rows = LABELS.map((label, row) =>
    [...Object.values(columns).map((cell) => `"${cell(row)}"`), label].join(separator),
  );
  return inferTable(bytesOf(rows, header), { file: 'a.csv', target: 'y', positive: 'yes', cells });
}

const some =
  (word: string, every: number, cell: Cell = measured): Cell =>
  (row) =>
    row % every === 3 ? word : cell(row);
const english = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2 });
const german = new Intl.NumberFormat('de-DE', { minimumFractionDigits: 2 });
const grouped: Cell = (row) => english.format(Math.round((MEASURED[row] ?? 0) * 100) / 100);
const comma: Cell = (row) => german.format(Math.round((MEASURED[row] ?? 0) * 100) / 100);
const site: Cell = (row) => ['north', 'south', 'west'][row % 3] ?? '';

/** Type, unit, missing cells, and what the line says: why and how to say otherwise. */
function found({ columns, table, doubts }: InferredTable, name: string): readonly unknown[] {
  const contract = columns.find((c) => c.name === name);
  const read = table.columns.find((c) => c.contract.name === name);
  const doubt = doubts.find((d) => d.column === name);
  return [
    [contract?.type, contract?.unit].filter((one) => one !== undefined).join(' '),
    read?.missing ?? null,
    doubt === undefined ? null : `${doubt.why} | ${doubt.otherwise}`,
  ];
}

describe('init takes cells for what they are', () => {
  it.each<[string, Cell, Cells, readonly unknown[]]>([
    ['plain numbers', measured, {}, ['number', 0, null]],
    [
      'question marks among numbers',
      some('?', 20),
      {},
      ['number', 15, '15 of 300 cells are ?, read as missing | --as x=ignored'],
    ],
    [
      'several words among numbers',
      (row) => (row % 20 === 3 ? 'n.a.' : row % 20 === 7 ? 'Missing' : measured(row)),
      {},
      [
        'number',
        30,
        '15 of 300 cells are n.a., read as missing; 15 of 300 cells are Missing, read as missing | --as x=ignored',
      ],
    ],
    ['what every program writes', some('NULL', 20), {}, ['number', 15, null]],
    [
      'a word that nobody listed, among numbers',
      some('refused', 20, (row) => `${row % 40}.5`),
      {},
      [
        'category',
        0,
        '285 of 300 cells are numbers, and 15 are not (one text) | --missing WORD, if it means that',
      ],
    ],
    [
      'such a word that somebody named',
      some('refused', 20),
      { missing: ['refused'] },
      ['number', 15, null],
    ],
    [
      'a number that somebody named',
      some('-999', 20),
      { missing: ['-999.0'] },
      ['number', 15, null],
    ],
    [
      'thousands by commas',
      grouped,
      {},
      [
        'number',
        0,
        expect.stringMatching(/^\d+ numbers have their thousands divided \| --as x=ignored$/),
      ],
    ],
    [
      'percent',
      (row) => `${Math.round((MEASURED[row] ?? 0) / 100)} %`,
      {},
      ['number %', 0, '300 numbers bear %: 12 % is read as 12 | --as x=ignored'],
    ],
    [
      'a currency, and numbers without it',
      (row) => (row % 10 === 3 ? measured(row) : `€${measured(row)}`),
      {},
      ['number €', 0, "270 numbers bear € and 30 don't: 12 € is read as 12 | --as x=ignored"],
    ],
    ['True and False', (row) => (row % 3 === 0 ? 'True' : 'False'), {}, ['boolean', 0, null]],
    [
      'true, false and a gap',
      (row) => ['true', 'false', ''][row % 3] ?? '',
      {},
      ['boolean', 100, null],
    ],
    [
      'flags of two programs',
      (row) => ['TRUE', 'false', 'False'][row % 3] ?? '',
      {},
      ['boolean', 0, 'true and false in 3 spellings | --as x=ignored'],
    ],
    [
      'the letters t and f',
      (row) => (row % 2 === 0 ? 't' : 'f'),
      {},
      ['boolean', 0, 'true and false in 2 spellings | --as x=ignored'],
    ],
    ['the letters F and M', (row) => (row % 2 === 0 ? 'F' : 'M'), {}, ['category', 0, null]],
    ['yes and no', (row) => (row % 2 === 0 ? 'yes' : 'no'), {}, ['category', 0, null]],
    [
      'flags and another word',
      (row) => ['True', 'False', 'unknown'][row % 3] ?? '',
      {},
      ['category', 0, null],
    ],
    [
      'a question mark among words',
      some('?', 20, site),
      {},
      ['category', 0, "15 of 300 cells are ?, a value of its own | --missing '?'"],
    ],
    [
      'such a mark that somebody named',
      some('?', 20, site),
      { missing: ['?'] },
      ['category', 15, null],
    ],
    [
      'ages in bands',
      (row) => ['18', '25', '65+'][row % 3] ?? '',
      {},
      [
        'category',
        0,
        '200 of 300 cells are numbers, and 100 are not (one text) | --missing WORD, if it means that',
      ],
    ],
    ['seats', (row) => `${1 + (row % 9)}${'ABC'[row % 3]}`, {}, ['category', 0, null]],
    [
      'weights in two units',
      (row) => `${50 + (row % 40)} ${row % 2 === 0 ? 'kg' : 'lb'}`,
      {},
      ['category', 0, 'numbers with 2 units (kg, lb): write one | --as x=ignored'],
    ],
    [
      '1 and 1.0',
      (row) => (row % 2 === 0 ? `${row % 9}` : `${row % 9}.0`),
      {},
      ['number', 0, null],
    ],
  ])('%s', (_, cell, cells, expected) => {
    expect(found(infer({ x: cell, z: measured }, cells), 'x')).toEqual(expected);
  });
});

describe('a table', () => {
  const three = { price: comma, rate: (row: number): string => `${row % 90},25`, site };

  it.each<[string, Separator]>([
    ['semicolons', ';'],
    ['tabs', '\t'],
    ['bars', '|'],
    ['commas', ','],
  ])('with decimal commas and %s is read as it is written', (_, separator) => {
    const made = infer(three, {}, separator);
    expect(made.read).toEqual({ separator, decimal: ',', missing: [] });
    expect(made.columns.map((c) => c.type)).toEqual(['number', 'number', 'category', 'category']);
    const [price] = made.table.columns;
    expect(price?.numbers[7]).toBeCloseTo(MEASURED[7] ?? 0, 1);
    expect(found(made, 'rate')[2]).toBe('300 numbers have a decimal comma | --decimal .');
  });

  it('with points in one column and commas in another keeps points, and says so', () => {
    const made = infer({ measured, rate: (row) => `${row % 20},25` });
    expect(made.read.decimal).toBe('.');
    expect(found(made, 'rate')).toEqual([
      'category',
      0,
      '300 numbers have a decimal comma, and other cells a decimal point | --as rate=ignored',
    ]);
  });

  it('of numbers like 1,234 alone takes the comma for thousands, and says how it were none', () => {
    const cell: Cell = (row) => `${1 + (row % 9)},${100 + (row % 90)}`;
    const thousands = infer({ x: cell });
    expect(thousands.table.columns[0]?.numbers[5]).toBe(6105);
    expect(found(thousands, 'x')[2]).toBe(
      '300 numbers have their thousands divided, and no cell says that their comma is no decimal mark | --decimal ,',
    );
    const decimals = infer({ x: cell }, { decimal: ',' });
    expect(decimals.table.columns[0]?.numbers[5]).toBe(6.105);
  });

  it('has its words for missing in every column once they stand among numbers in one', () => {
    const made = infer({ x: some('?', 20), s: some('?', 30, site), t: some('-', 30, site) });
    expect(made.read.missing).toEqual(['?']);
    expect(made.table.columns.map((c) => c.missing)).toEqual([15, 10, 0, 0]);
  });

  it('without the target under commas is told what else would divide its header', () => {
    const csv = bytesOf(['1;yes', '2;no'], 'x;answer');
    const of = { file: 'a.csv', target: 'y', positive: 'yes' };
    expect(() => inferTable(csv, of)).toThrow(
      "a.csv: row 0 (header), column 'y': is the target and is absent: separated by ';' there are 2 columns",
    );
  });

  it('of numbers that overflow is refused, not taken for words', () => {
    for (const word of ['1e400', '-inf']) {
      for (const cell of [measured, (row: number): string => `${row % 5}`]) {
        expect(() => infer({ x: some(word, 200, cell) })).toThrow(
          "a.csv: row 4, column 'x': is no finite number",
        );
      }
    }
  });
});
