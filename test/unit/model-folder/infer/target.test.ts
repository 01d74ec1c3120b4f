import { describe, expect, it } from 'vitest';
import { inferTable } from '#model-folder/infer/infer-table.ts';
import type { Target } from '#model-folder/infer/target.ts';
import { bytesOf } from '../../dataset/small-folder.ts';

/** A table whose target has these values in turn. */
const targetOf = (values: readonly string[], positive = values[0] ?? ''): Target => {
  const rows = Array.from({ length: 400 }, (_, row) => `${row / 3},${values[row % values.length]}`);
  return inferTable(bytesOf(rows, 'x,Outcome'), {
    file: 'data.csv',
    target: 'Outcome',
    positive,
  }).target;
};

describe('a target', () => {
  it('is told with its values and how often they stand', () => {
    expect(targetOf(['bad', 'good', 'good', 'good'])).toEqual({
      column: 'Outcome',
      positive: 'bad',
      values: [
        { value: 'good', rows: 300 },
        { value: 'bad', rows: 100 },
      ],
      warnings: [],
      allowed: ['good', 'bad'],
    });
  });

  it('of more than two values is said to be one against the rest', () => {
    const { warnings, allowed } = targetOf(['paid', 'open', 'lost', 'void']);
    expect(warnings).toEqual([
      "Outcome: 4 values are learnt as one against the rest: 'paid' against the 3 others",
    ]);
    expect(allowed).toEqual(['lost', 'open', 'paid', 'void']);
  });

  it('is said to hold two spellings of another value', () => {
    expect(targetOf(['Bad', 'good', 'Good']).warnings).toContain(
      "Outcome: 'good' may be another spelling of a value that stands there too",
    );
  });

  it('of many texts is learnt, and none of them is listed', () => {
    const codes = Array.from({ length: 40 }, (_, i) => `K${i}`);
    const { allowed, warnings } = targetOf(codes);
    expect(allowed).toBeNull();
    expect(warnings.at(-1)).toMatch(/more than 20 values: schema\.json lists none/);
  });

  it.each<[string, readonly string[], string, string]>([
    [
      'in other cases',
      ['Late', 'late', 'LATE', 'on time'],
      'Late',
      "holds the positive value in 3 spellings, 'LATE' in 100 rows, 'Late' in 100 rows, 'late' in 100 rows: write one of them everywhere, or the others count as not positive",
    ],
    [
      'as yes and no',
      ['Y', 'N', 'true'],
      'Y',
      "in 2 spellings, 'Y' in 134 rows, 'true' in 133 rows",
    ],
    [
      'as numbers and words',
      ['1', '0', 'yes'],
      '1',
      "in 2 spellings, '1' in 134 rows, 'yes' in 133 rows",
    ],
    ['with spaces', ['not  paid', 'not paid', 'paid'], 'not paid', 'in 2 spellings'],
    [
      'otherwise than it was given',
      ['Yes', 'No'],
      'yes',
      "holds the value given by --positive in another spelling, 'Yes' in 200 rows: --positive 'Yes'",
    ],
  ])('is refused where the positive stands %s', (_, values, positive, line) => {
    expect(() => targetOf(values, positive)).toThrow(`data.csv: column 'Outcome': `);
    expect(() => targetOf(values, positive)).toThrow(line);
  });

  it.each<[string, string[], string, string[]]>([
    ['numbers', ['2', '2.0', '3'], '2', ['2 267', '3 133']],
    ['floats', ['1.0', '0.0'], '1', ['0 200', '1 200']],
    ['flags of three programs', ['True', 'FALSE', 'true'], 'TRUE', ['true 267', 'false 133']],
  ])('is one value in all spellings of %s', (_, values, positive, expected) => {
    const target = targetOf(values, positive);
    expect(target.values.map(({ value, rows }) => `${value} ${rows}`)).toEqual(expected);
    expect(target.positive).toBe(expected[0]?.startsWith('0') ? '1' : expected[0]?.split(' ')[0]);
    expect(target.warnings).toEqual([]);
  });

  it('is refused where the positive is absent, with what there is', () => {
    expect(() => targetOf(['a', 'b'], 'c')).toThrow(
      "data.csv: column 'Outcome': never holds the value given by --positive: it holds 'a' in 200 rows, 'b' in 200 rows",
    );
  });

  it('of numbers is refused, with how to make classes of it', () => {
    const numbers = Array.from({ length: 200 }, (_, i) => `${i / 4}`);
    expect(() => targetOf(numbers, '3')).toThrow(
      "column 'Outcome': is a number of 200 values, and only two classes can be learnt (regression isn’t there): write a column that says on which side of a limit each row is, as high and low, and name that one",
    );
    expect(targetOf(['1', '2', '3', '4', '5']).warnings).toHaveLength(1);
  });

  it('that is missing is refused with the first row and how many more there are', () => {
    expect(() => targetOf(['a', 'b', 'b', ''])).toThrow(
      "data.csv: row 4, column 'Outcome': the target is missing (empty cells and words such as NA, None and NULL count as missing), and in 99 more rows",
    );
  });
});
