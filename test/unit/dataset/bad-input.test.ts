import { describe, expect, it } from 'vitest';
import { isNamed, TitleholderError } from '#domain/errors.ts';
import { prepare } from '#dataset/prepare.ts';
import { bytesOf, HEADER, smallFolder, smallRows, type SmallOptions } from './small-folder.ts';

const SECRET = 'S3cretCell';
const good = smallRows(600);

function withCell(row: number, at: number, cell: string, rows: readonly string[] = good): string[] {
  return rows.map((line, i) => {
    if (i !== row - 1) return line;
    return line
      .split(',')
      .map((old, j) => (j === at ? cell : old))
      .join(',');
  });
}

function refusal(csv: Uint8Array, options: SmallOptions = {}): TitleholderError {
  try {
    prepare({
      folder: smallFolder(options),
      csv,
      file: 'data.csv',
      asOf: '2026-01-01T00:00:00.000Z',
      stored: null,
    });
  } catch (error) {
    if (isNamed(error, 'DataInvalid')) return error;
    throw error;
  }
  throw new Error('was accepted');
}

const encoder = new TextEncoder();
const latin1 = (row: number): Uint8Array => {
  const text = bytesOf(withCell(row, 2, '~'));
  return text.map((byte) => (byte === 0x7e ? 0xe9 : byte));
};

/** The small folder's columns, one of which has a list of values. */
function columnsWith(name: string, values: readonly string[]): readonly object[] {
  return smallFolder().schema.columns.map((c) => (c.name === name ? { ...c, values } : c));
}

type Case = readonly [what: string, csv: Uint8Array, line: string, options: SmallOptions];

const CASES: readonly (readonly [string, Uint8Array, string, SmallOptions?])[] = [
  ['an empty file', encoder.encode(''), 'data.csv: has no header: the file is empty'],
  [
    'no header',
    bytesOf(good.slice(1), good[0]),
    'data.csv: row 0 (header): has no header: it names none of the schema’s columns',
  ],
  [
    'no header, and a value twice in the first row',
    bytesOf(good.slice(1), `w0,0.5,${SECRET},${SECRET}`),
    'data.csv: row 0 (header): has no header: it names none of the schema’s columns',
  ],
  [
    'no header, and another encoding',
    latin1(12).subarray(HEADER.length + 1),
    'data.csv: row 0 (header): has no header: it names none of the schema’s columns',
  ],
  ['a header without rows', bytesOf([]), 'data.csv: has a header but no rows'],
  [
    'a column name twice',
    bytesOf(good, 'who,x,x,y'),
    "data.csv: row 0 (header), column 'x': stands twice in the header",
  ],
  [
    'a column without a name',
    bytesOf(good, 'who,x,,y'),
    'data.csv: row 0 (header): has no header for column number 3',
  ],
  [
    'a row too short',
    bytesOf(withCell(7, 0, SECRET).map((l, i) => (i === 6 ? l.slice(0, l.lastIndexOf(',')) : l))),
    "data.csv: row 7, column 'y': is ragged: 3 cells where the header has 4",
  ],
  [
    'a row too long',
    bytesOf(good.map((l, i) => (i === 4 ? `${l},${SECRET}` : l))),
    "data.csv: row 5, column 'y': is ragged: 5 cells where the header has 4",
  ],
  [
    'an open quote',
    bytesOf(withCell(600, 2, `"${SECRET}`)),
    'data.csv: row 600: the quoting is broken',
  ],
  [
    'another encoding',
    latin1(12),
    "data.csv: row 12, column 'colour': is not UTF-8: save the table in that encoding",
  ],
  [
    'Infinity',
    bytesOf(withCell(9, 1, '-Infinity')),
    "data.csv: row 9, column 'x': is no finite number",
  ],
  [
    'a number that overflows',
    bytesOf(withCell(9, 1, '1e999')),
    "data.csv: row 9, column 'x': is no finite number",
  ],
  [
    'a word in a number column',
    bytesOf(withCell(3, 1, SECRET)),
    "data.csv: row 3, column 'x': is not a number",
  ],
  [
    'a number in hexadecimal',
    bytesOf(withCell(3, 1, '0x1F')),
    "data.csv: row 3, column 'x': is not a number",
  ],
  [
    'a feature that is absent',
    bytesOf(good, 'who,z,colour,y'),
    "data.csv: row 0 (header), column 'x': is absent",
  ],
  [
    'the target absent',
    bytesOf(good, 'who,x,colour,z'),
    "data.csv: row 0 (header), column 'y': is the target and is absent",
  ],
  [
    'a target cell missing',
    bytesOf(withCell(21, 3, 'N/A')),
    "data.csv: row 21, column 'y': the target is missing",
  ],
  [
    'an identity missing',
    bytesOf(withCell(22, 0, '')),
    "data.csv: row 22, column 'who': the row’s identity is missing",
  ],
  [
    'one class',
    bytesOf(good.map((l) => l.replace(/,no$/, ',yes'))),
    "data.csv: column 'y': holds one class only: every row is positive",
  ],
  [
    'the positive class absent',
    bytesOf(good.map((l) => l.replace(/,yes$/, ',maybe'))),
    "data.csv: column 'y': never holds the positive class of model.json",
  ],
  [
    'one class that is not positive',
    bytesOf(good.map((l) => l.replace(/,yes$/, ',no'))),
    "data.csv: column 'y': holds one class only, and never holds the positive class of model.json",
  ],
  [
    'a feature missing everywhere',
    bytesOf(good.map((l) => l.replace(/,[\d.]+,/, ',,'))),
    "data.csv: row 1, column 'x': is missing in every row",
  ],
  [
    'a feature missing above 60 %',
    bytesOf(good.map((l, i) => (i < 361 ? l.replace(/,[\d.]+,/, ',NA,') : l))),
    "data.csv: row 1, column 'x': is missing in 361 of 600 rows, and more than 60 % is refused",
  ],
  [
    'too few rows',
    bytesOf(good.slice(0, 250)),
    'data.csv: has 178 training rows, and fewer than 200 are refused',
  ],
  [
    'too few of a class',
    bytesOf(good.map((l, i) => (i > 45 ? l.replace(/,yes$/, ',no') : l))),
    "data.csv: column 'y': has 16 training rows of the positive class, and fewer than 20 are refused",
  ],
  [
    'a passed limit that is enforced',
    bytesOf(good.map((l, i) => (i < 40 ? l.replace(/,[\d.]+,/, ',null,') : l))),
    "data.csv: row 1, column 'x': missing: 40 (6.7 %); at most 5.0 % of the cells",
    { mode: 'enforce' },
  ],
  [
    'a number out of an enforced range',
    bytesOf(withCell(31, 1, '7')),
    "data.csv: row 31, column 'x': range: 1 (0.2 %); from any to 1",
    { mode: 'enforce', x: { max: 1 } },
  ],
  [
    'a value that an enforced schema lacks',
    bytesOf(withCell(33, 2, SECRET)),
    "data.csv: row 33, column 'colour': values: 1 (0.2 %); one of 3 values",
    { mode: 'enforce', schema: { columns: columnsWith('colour', ['red', 'green', 'blue']) } },
  ],
  [
    'a value of the target that the schema doesn’t list, in whatever mode',
    bytesOf(withCell(40, 3, SECRET, withCell(33, 3, 'Yes'))),
    "data.csv: row 33, column 'y': the target has a value that schema.json doesn’t list (2 values, 2 rows): list it there if it is a class of its own",
    { schema: { columns: columnsWith('y', ['yes', 'no']) } },
  ],
  [
    'a key twice under enforcement',
    bytesOf(good),
    "data.csv: row 2, column 'who': duplicate-key: 400 (66.7 %); a key stands once",
    { mode: 'enforce', group: [], key: ['who'] },
  ],
];

const TABLE = CASES.map(([what, csv, line, options = {}]): Case => [what, csv, line, options]);

describe('a bad table', () => {
  it.each(TABLE)('is refused in one line: %s', (_what, csv, line, options) => {
    const { message } = refusal(csv, options);
    expect(message).toBe(line);
    expect(message).not.toContain('\n');
    expect(message).not.toContain(SECRET);
  });
});

describe('a table that is not bad', () => {
  const accepted = (csv: Uint8Array, options: SmallOptions = {}) =>
    prepare({
      folder: smallFolder(options),
      csv,
      file: 'data.csv',
      asOf: '2026-01-01T00:00:00.000Z',
      stored: null,
    });

  it('may have a byte order mark, quotes, CRLF and blank lines', () => {
    const plain = accepted(bytesOf(good));
    const quoted = good.map((l) => l.replace(/,(red|green|blue),/, ',"$1",')).join('\r\n\r\n');
    const fancy = accepted(encoder.encode(`\ufeff${HEADER}\r\n${quoted}`));
    expect(fancy.training).toEqual(plain.training);
    expect(fancy.holdout).toEqual(plain.holdout);
  });

  it('takes the six words for missing alike', () => {
    const words = ['', 'NA', 'N/A', 'NaN', 'null', 'None'];
    const csvs = words.map((word) => accepted(bytesOf(withCell(5, 1, word))));
    for (const one of csvs) expect(one.training).toEqual(csvs[0]?.training);
    expect(csvs[0]?.findings.columns.find((c) => c.name === 'x')?.missing).toBe(1);
  });

  it('may have thousands of levels, and levels that only the holdout has', () => {
    const many = good.map((l, i) => l.replace(/,(red|green|blue),/, `,c${i},`));
    expect(accepted(bytesOf(many)).rows).toBe(600);
  });

  it('is warned of what passes a limit, by column, count and row numbers only', () => {
    const rows = good.map((l, i) => (i < 40 ? l.replace(/,[\d.]+,/, ',None,') : l));
    const constant = rows.map((l) => l.replace(/,(red|green|blue),/, `,${SECRET},`));
    const { report, findings } = accepted(bytesOf(constant));
    expect(findings.findings).toEqual([
      {
        column: 'x',
        check: 'missing',
        count: 40,
        share: 40 / 600,
        limit: 'at most 5.0 % of the cells',
        rows: [1, 2, 3, 4, 5],
        gate: true,
      },
      {
        column: 'colour',
        check: 'constant',
        count: 600,
        share: 1,
        limit: 'a constant column is dropped',
        rows: [],
        gate: false,
      },
    ]);
    expect(findings.passed).toBe(false);
    expect(findings.quality).toBeCloseTo(1 - 40 / 2400, 12);
    expect(new TextDecoder().decode(report)).not.toContain(SECRET);
  });
});
