import { describe, expect, it } from 'vitest';
import { type Inferred, inferColumns } from '../../../cli/local/infer-columns.ts';
import { cellsOf, type DataTable, headerOf, readTable } from '#dataset/read-table.ts';
import { bytesOf } from '../dataset/small-folder.ts';

const ROWS = 600;
const OF = { file: 'data.csv', target: 'y', positive: 'yes' };

function tableOf(columns: Readonly<Record<string, (row: number) => string>>): Uint8Array {
  const header = [...Object.keys(columns), 'y'].join(',');
  const rows = Array.from({ length: ROWS }, (_, row) =>
    [...Object.values(columns).map((cell) => cell(row)), row % 3 === 0 ? 'yes' : 'no'].join(','),
  );
  return bytesOf(rows, header);
}

const infer = (columns: Parameters<typeof tableOf>[0]): Inferred =>
  inferColumns(tableOf(columns), OF);

const day = (row: number): string => `2026-01-${String(1 + (row % 28)).padStart(2, '0')}`;

describe('a column', () => {
  it.each<[string, string, string, (row: number) => string]>([
    ['numbers and gaps', 'x', 'number feature', (row) => (row % 9 === 0 ? 'NA' : `${row / 7}`)],
    ['few numbers', 'x', 'number feature', (row) => `${row % 3}`],
    ['few numbers and a word', 'x', 'category feature', (row) => (row === 9 ? 'a' : `${row % 3}`)],
    // What was read before the word isn't kept as text: the table is read again.
    ['many numbers, then words', 'x', 'category feature', (row) => (row > 580 ? 'a' : `${row}.0`)],
    ['words', 'x', 'category feature', (row) => ['a', ' a ', 'b'][row % 3] ?? ''],
    ['another text a row', 'x', 'text ignored', (row) => (row % 9 === 0 ? '' : `t${row}`)],
    ['another text a row but one', 'x', 'category feature', (row) => `t${Math.max(1, row)}`],
    [
      'another number or text a row',
      'x',
      'text ignored',
      (row) => (row % 2 ? `t${row}` : `${row}`),
    ],
    ['days', 'x', 'date ignored', day],
    ['days and a word', 'x', 'category feature', (row) => (row === 9 ? 'soon' : day(row))],
    ['gaps nearly everywhere', 'x', 'text ignored', (row) => (row % 5 === 0 ? '1' : '')],
    ['a key', 'row_id', 'text identity', (row) => `${row}`],
    ['a key with a gap', 'row_id', 'number feature', (row) => (row === 9 ? '' : `${row}`)],
    ['a group', 'who_id', 'text identity', (row) => `${Math.floor(row / 3)}`],
    ['a code', 'who_id', 'number feature', (row) => `${row % 4}`],
  ])('of %s, named %s, is %s', (_, name, expected, cell) => {
    const { columns } = infer({ [name]: cell, other: (row) => `${row / 3}` });
    const found = columns.find((c) => c.name === name);
    expect(`${found?.type} ${found?.role}`).toBe(expected);
  });

  it('that is named like an identifier is a key or a group by all of its texts', () => {
    const { choices } = infer({
      row_id: (row) => `${row}`,
      who_id: (row) => `${Math.max(1, row)}`,
      x: (row) => `${row / 3}`,
    });
    expect(choices).toEqual([
      'row_id: a key, by its name and because no value repeats',
      'who_id: a group, by its name and because values repeat',
      'identity: a row is one of the group who_id',
    ]);
  });

  it('of many numbers can be the target', () => {
    const csv = tableOf({ x: (row) => `${row / 3}`, t: (row) => `${row}` });
    const { columns, table } = inferColumns(csv, {
      file: 'data.csv',
      target: 't',
      positive: '580',
    });
    expect(columns.map((c) => `${c.name} ${c.role}`)).toEqual([
      'x feature',
      't target',
      'y feature',
    ]);
    expect(table.labels.indexOf(1)).toBe(580);
  });

  it('of many numbers and hardly a word is refused with the word’s row', () => {
    expect(() => infer({ x: (row) => (row === 99 ? 'a' : `${row / 3}`) })).toThrow(
      "data.csv: row 100, column 'x': is not a number",
    );
  });
});

describe('the table that comes with the columns', () => {
  const number = (row: number): string => `${row / 3}`;
  const words = (row: number): string => ['a', ' a ', 'NA', 'b'][row % 4] ?? '';
  it.each<[string, Parameters<typeof tableOf>[0]]>([
    ['of numbers and words', { x: number, w: words, day }],
    ['with a key', { row_id: number, x: (row) => `${row}.50`, w: words }],
    ['that holds a surprise', { x: number, s: (row) => (row > 580 ? 'a' : `${row}.0`) }],
    ['whose rows repeat', { x: (row) => `${row % 9}.0`, w: (row) => `${row % 2}a` }],
    ['with texts that are left out', { x: number, t: (row) => `t${row}`, w: words }],
  ])('%s is what these columns read', (_, cells) => {
    const csv = tableOf(cells);
    const { columns, identity, table } = inferColumns(csv, OF);
    const model = { target: 'y', positive: 'yes', identity };
    const read = readTable(csv, 'data.csv', { model, schema: { columns: [...columns] } });
    const plain = (one: DataTable): unknown => ({
      ...one,
      header: headerOf(one),
      columns: one.columns.map(({ text: _text, distinct, ...column }) => ({
        ...column,
        distinct: distinct(),
      })),
      cells: Array.from({ length: one.rows }, (_row, row) => cellsOf(one, row)),
    });
    expect(plain(table)).toEqual(plain(read));
  });

  it('may have gaps in features that say who a row is', () => {
    const cells = { x: (row: number) => `${row % 9}`, w: (row: number) => (row === 41 ? '' : 'a') };
    const { identity, table } = infer({ ...cells, v: (row) => `v${row % 2}` });
    expect(identity).toEqual({ group: ['x', 'w', 'v'] });
    expect(table.columns.find((c) => c.contract.name === 'w')?.missing).toBe(1);
  });

  it('repeats a row where its canonical texts do', () => {
    const written = (row: number): string => ['1', '1.0', ' 1e0', '01'][row % 4] ?? '';
    expect(infer({ x: written, v: (row) => `v${row % 250}` }).choices).toContain(
      'identity: rows with equal features are one group, because 58.3 % of the rows repeat another’s features',
    );
  });
});
