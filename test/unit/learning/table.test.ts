import { describe, expect, it } from 'vitest';
import { isMissing, parseNumber } from '#learning/cells.ts';
import { checkLabels, checkTable, selectRows, type Table } from '#learning/table.ts';
import { madeUp, thrownBy } from './made-up-table.ts';

describe('a cell', () => {
  it('is missing in exactly six spellings', () => {
    for (const text of ['', '  ', 'NA', 'N/A', 'NaN', 'null', 'None']) {
      expect(isMissing(text)).toBe(true);
      expect(parseNumber(text)).toBeNaN();
    }
    for (const text of ['na', 'nan', 'NULL', 'none', '-', '0']) expect(isMissing(text)).toBe(false);
  });

  it('is a number only where it is a finite decimal', () => {
    expect([' 1.5 ', '-.5', '1e3', '+2', '3.'].map(parseNumber)).toEqual([1.5, -0.5, 1000, 2, 3]);
    for (const text of [
      'Infinity',
      '-Infinity',
      '1e999',
      '0x10',
      '1,5',
      '1 2',
      'true',
      'inf',
      '1e',
    ]) {
      expect(parseNumber(text)).toBeUndefined();
    }
  });
});

describe('a table', () => {
  it('keeps order and repeats of the rows chosen', () => {
    const { table } = madeUp(10);
    const chosen = selectRows(table, Int32Array.of(3, 3, 0));
    expect(chosen.rows).toBe(3);
    const from = table.columns[2]!;
    const to = chosen.columns[2]!;
    if (from.kind !== 'numeric' || to.kind !== 'numeric') throw new Error('not numeric');
    expect([...to.values]).toEqual([from.values[3], from.values[3], from.values[0]]);
    expect(thrownBy(() => selectRows(table, Int32Array.of(10))).name).toBe('TableInvalid');
  });

  it('is refused, with the column, where its parts do not fit', () => {
    const number = (name: string, ...values: number[]) =>
      ({ kind: 'numeric', name, values: Float64Array.from(values) }) as const;
    const level = (codes: number[], levels: string[]) =>
      ({ kind: 'categorical', name: 'c', codes: Int32Array.from(codes), levels }) as const;
    const wrong: Table[] = [
      { rows: 1, columns: [] },
      { rows: 1, columns: [number('a', 1), number('a', 2)] },
      { rows: 2, columns: [number('a', 1)] },
      { rows: 1, columns: [number('a', -Infinity)] },
      { rows: 1, columns: [level([1], ['x'])] },
      { rows: 1, columns: [level([-2], ['x'])] },
      { rows: 1, columns: [level([0], ['x', 'x'])] },
    ];
    for (const table of wrong) expect(thrownBy(() => checkTable(table)).name).toBe('TableInvalid');
    expect(thrownBy(() => checkTable(wrong[3]!)).message).toBe("column 'a' is infinite in row 0");
  });

  it('has at most 32,767 columns, which a split can tell apart', () => {
    const wide = (columns: number): Table => ({
      rows: 1,
      columns: Array.from({ length: columns }, (_, i) => ({
        kind: 'numeric',
        name: String(i),
        values: Float64Array.of(0),
      })),
    });
    checkTable(wide(32_767));
    expect(thrownBy(() => checkTable(wide(32_768)))).toMatchObject({
      name: 'TableInvalid',
      message: 'the table has 32768 columns: more than 32767',
    });
  });

  it('needs labels 0 and 1, both of them', () => {
    expect(thrownBy(() => checkLabels(Uint8Array.of(1, 1), 2)).name).toBe('OneClass');
    expect(thrownBy(() => checkLabels(Uint8Array.of(0, 2), 2)).name).toBe('TableInvalid');
    expect(thrownBy(() => checkLabels(Uint8Array.of(0, 1), 3)).name).toBe('TableInvalid');
  });
});
