import { expect, it } from 'vitest';
import { constantColumns } from '#dataset/feature-table.ts';
import { readPart } from '#dataset/read-table.ts';
import { bytesOf, smallFolder } from './small-folder.ts';

it.each([
  ['cells alike', ['1', '1.0', '1'], ['red', ' red', 'red'], ['x', 'colour']],
  ['0 and −0', ['0', '-0', '0'], ['red', 'red', 'green'], ['x']],
  ['nothing', ['', 'NA', ''], ['', '', 'null'], ['x', 'colour']],
  ['one cell among missing ones', ['', '', '1'], ['red', '', ''], []],
])('takes a column of %s for constant, and no other', (_, x, colour, constant) => {
  const rows = x.map((cell, i) => `w${i},${cell},${colour[i] ?? ''},${i === 0 ? 'yes' : 'no'}`);
  const table = readPart(bytesOf(rows), 'rows', smallFolder());
  expect(constantColumns(table)).toEqual(constant);
});
