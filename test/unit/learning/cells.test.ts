import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { SEPARATORS } from '#dataset/csv.ts';
import { canonicalRulesOf, readRulesOf } from '#dataset/read-rules.ts';
import {
  type Cell,
  isMissing,
  levelCells,
  numberCells,
  numberTexts,
  parseNumber,
  type ReadRules,
} from '#learning/cells.ts';
import { type CellCase, CELL_CASES, columnOf, rulesOf, titleOf } from '../../cases/cell-cases.ts';

function meaningOf(of: CellCase): CellCase['means'] {
  const rules = rulesOf(of);
  if (of.kind === 'number') {
    const value = numberCells(rules, columnOf(of))(of.cell);
    if (value === undefined) return 'refused';
    return Number.isNaN(value) ? 'missing' : value + 0;
  }
  const level = levelCells(rules, columnOf(of))(of.cell);
  if (level === undefined) return 'refused';
  if (level === null) return 'missing';
  return of.levels.includes(level) ? { level } : 'unseen';
}

/** Some flags and numbers are refused by the scorer, which knows the levels. */
const ofCells = CELL_CASES.filter(
  ({ kind, cell, means }) =>
    !(kind === 'category' && means === 'refused' && typeof cell !== 'string'),
);

const plain: ReadRules = {
  separator: ',',
  decimal: '.',
  missing: [],
  booleans: [],
  codes: [],
  units: [],
};

describe('a cell', () => {
  it.each(ofCells.map((one) => [titleOf(one), one] as const))('means the same: %s', (_, one) => {
    expect(meaningOf(one)).toEqual(one.means);
  });

  it('is read as before where there are no rules', () => {
    for (const text of ['', '  ', 'NA', 'N/A', 'NaN', 'null', 'None']) {
      expect(isMissing(text)).toBe(true);
      expect(numberCells(null, 'x')(text)).toBeNaN();
      expect(levelCells(null, 'x')(text)).toBeNull();
    }
    for (const text of ['NULL', 'nan', 'n/a', 'True', '1.0', '-0', '00', '1e5']) {
      expect(levelCells(null, 'x')(` ${text} `)).toBe(text);
    }
    for (const text of ['1,234', '12 %', '−7', '1 234', 'NULL']) {
      expect(numberTexts(null, 'x')(text)).toBeUndefined();
    }
    expect(levelCells(null, 'x')(true)).toBe('true');
    expect(levelCells(null, 'x')(1)).toBe('1');
  });
});

describe('rules', () => {
  const text = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.constantFrom('True', 'FALSE', 'f', '1.0', '1.50', '-0', '1,50', 'NULL', ' 7 ', '1e5', '007'),
  );
  const cell: fc.Arbitrary<Cell> = fc.oneof(
    text,
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const rules: fc.Arbitrary<ReadRules> = fc.record({
    separator: fc.constantFrom(',', ';', '\t', '|'),
    decimal: fc.constantFrom('.', ','),
    missing: fc.array(fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('-999', '?'))),
    booleans: fc.subarray(['b']),
    codes: fc.subarray(['c']),
    units: fc.subarray([{ column: 'n', unit: '%' }]),
  });

  it('find a level’s own text again, so that a level of a table is one of the artifact', () => {
    fc.assert(
      fc.property(rules, fc.constantFrom('b', 'c', 'x'), cell, (given, column, one) => {
        const level = levelCells(given, column)(one);
        if (typeof level === 'string') expect(levelCells(given, column)(level)).toBe(level);
      }),
    );
  });

  it('of a contract have twins by which what was read and stored is read as what it was', () => {
    const contract = fc.record({
      read: fc.record({
        separator: fc.constantFrom(...SEPARATORS),
        decimal: fc.constantFrom('.', ','),
        missing: fc.array(fc.constantFrom('-999', '?', '1,0')),
      }),
      type: fc.constantFrom('category', 'boolean', 'code', 'text'),
    });
    fc.assert(
      fc.property(contract, text, ({ read, type }, one) => {
        const columns = [{ name: 'x', type, role: 'feature', sensitive: false } as const];
        const level = levelCells(readRulesOf({ read, columns }), 'x')(one);
        if (level === undefined) return;
        const stored = levelCells(canonicalRulesOf({ read, columns }), 'x');
        expect(stored(level ?? '')).toBe(level);
      }),
    );
  });

  it('read every finite number’s own text as the number, alone and in a category', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(numberTexts(plain, 'x')(String(number))).toBe(number + 0);
        expect(numberCells(plain, 'x')(number)).toBe(number);
        const inCategory = levelCells(plain, 'x');
        const losesDigits = Number.isInteger(number) && !Number.isSafeInteger(number);
        expect(inCategory(number)).toBe(losesDigits ? undefined : inCategory(String(number)));
      }),
    );
  });

  it('read at least what is read without rules, and to the same number', () => {
    fc.assert(
      fc.property(text, (one) => {
        const before = parseNumber(one);
        if (before !== undefined) expect(numberTexts(plain, 'x')(one)).toEqual(before);
      }),
    );
  });

  it('read a number grouped by thousands as the number', () => {
    const english = new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 });
    const german = new Intl.NumberFormat('de-DE', { maximumFractionDigits: 6 });
    const french = new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 6 });
    const swiss = new Intl.NumberFormat('de-CH', { maximumFractionDigits: 6 });
    const comma: ReadRules = { ...plain, decimal: ',' };
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 999 }), (a, b) => {
        const number = Number(`${a}.${b}`);
        expect(numberTexts(plain, 'x')(english.format(number))).toBeCloseTo(number, 6);
        expect(numberTexts(plain, 'x')(swiss.format(number))).toBeCloseTo(number, 6);
        expect(numberTexts(comma, 'x')(german.format(number))).toBeCloseTo(number, 6);
        expect(numberTexts(comma, 'x')(french.format(number))).toBeCloseTo(number, 6);
      }),
    );
  });
});
