import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstEqual } from '#dataset/first-equal.ts';
import { groupRows } from '#dataset/identity.ts';
import { cellsOf, type DataTable, readTable } from '#dataset/read-table.ts';
import { substream } from '#learning/random.ts';
import { bytesOf, smallFolder } from './small-folder.ts';

const NUMBERS = ['0', '-0', '1', '1.0', ' 1e0', '-1', '5e-324', '1e308', '', 'NA', 'NaN', '2', '3'];
const WORDS = ['red', ' red', 'green', 'RED', '', 'null', 'na', '0', '-0', '\u0000'];
const COLUMNS = ['who', 'x', 'colour'];

/** Whose whole rows are few, so that many are equal. */
const rowsOf = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', 'b', 'a\u0000'),
      fc.oneof(
        fc.constantFrom(...NUMBERS),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      ),
      fc.constantFrom(...WORDS),
    ),
    { minLength: 20, maxLength: 120 },
  )
  .map((cells) => cells.map((row, i) => [...row, i === 0 ? 'yes' : 'no'].join(',')));

function tableOf(rows: readonly string[]): DataTable {
  const ends = ['z,-7,red,yes', 'z,-7,red,no'];
  return readTable(bytesOf([...rows, ...ends]), 'data.csv', smallFolder());
}

const random = substream(1, 'words');
const draw = (): number => random.nextInt(14_000);

/** By the canonical texts of the rows, each row against every earlier one. */
function bruteForce(table: DataTable, names: readonly string[]): number[] {
  const at = names.map((name) => table.columns.findIndex((c) => c.contract.name === name));
  const texts = Array.from({ length: table.rows }, (_, row) => {
    const cells = cellsOf(table, row);
    return at.map((i) => cells[i]);
  });
  return texts.map((text) =>
    texts.findIndex((other) => other.every((cell, i) => cell === text[i])),
  );
}

describe('the first equal row', () => {
  it('is the one that comparing canonical texts finds, in any of the columns', () => {
    let repeated = 0;
    fc.assert(
      fc.property(rowsOf, fc.shuffledSubarray(COLUMNS, { minLength: 1 }), (rows, names) => {
        const table = tableOf(rows);
        const columns = names.flatMap((n) => table.columns.filter((c) => c.contract.name === n));
        const found = [...firstEqual(columns, table.rows)];
        expect(found).toEqual(bruteForce(table, names));
        repeated += found.filter((first, row) => first !== row).length;
      }),
      { seed: 11, numRuns: 300 },
    );
    expect(repeated).toBeGreaterThan(1000);
  });

  // Of 200,000 hashes of 32 bits about five are another one's too.
  it.each([
    ['numbers', ['x'], (i: number) => `w,${Math.sqrt(i)},red,no`],
    ['numbers of one bit’s difference', ['x'], (i: number) => `w,${1 + i * 2 ** -52},red,no`],
    ['words', ['who', 'colour'], () => `w${draw()},1,c${draw()},no`],
  ])('keeps %s apart whose hashes are equal by chance', (_, names, row) => {
    const rows = [...new Set(Array.from({ length: 200_000 }, (_row, i) => row(i)))];
    const table = tableOf(rows);
    const columns = table.columns.filter((c) => names.includes(c.contract.name));
    const differing = firstEqual(columns, table.rows).filter((first, i) => first === i).length;
    // The two last rows are one in these columns.
    expect(differing).toBe(rows.length + 1);
  });
});

it('numbers the rows of one identity in order of first appearance', () => {
  const table = tableOf([
    'b,1,red,no',
    'a,1,red,no',
    'b,1.0, red,no',
    'a,2,red,no',
    'b,1e0,red,no',
  ]);
  expect(groupRows(table, { kind: 'group', columns: ['who', 'x'] })).toEqual({
    groupOf: Int32Array.of(0, 1, 0, 2, 0, 3, 3),
    groups: 4,
  });
});
