/** Fixtures by pyarrow: test/fixtures/parquet/make.py, which says what each cell means. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../dataset/csv.ts';
import { csvOfTable } from '../../../dataset/parquet.ts';
import { isNamed } from '../../../domain/errors.ts';
import { parseNumber } from '../../../learning/cells.ts';
import { substream } from '../../../learning/random.ts';
import { prepare } from '../../../trial/prepare.ts';
import { readFolder } from '../../../trial/read-folder.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url);
const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`parquet/${name}.parquet`, FIXTURES));
const CREDIT = readFileSync(new URL('credit.csv', FIXTURES));
const EXPECTED = JSON.parse(
  readFileSync(new URL('parquet/expected.json', FIXTURES), 'utf8'),
) as Record<string, string[]>;
const KINDS = readdirSync(new URL('parquet/', FIXTURES))
  .filter((name) => name.startsWith('kinds-'))
  .map((name) => name.replace('.parquet', ''));

async function refusal(bytes: Uint8Array, file = 'data.parquet'): Promise<string> {
  try {
    await csvOfTable(bytes, file);
  } catch (error) {
    if (isNamed(error, 'DataInvalid')) return error.message;
    throw error;
  }
  return 'was accepted';
}

describe('a Parquet table', () => {
  it('has fixtures of every codec and layout', () => {
    expect(KINDS.length).toBe(10);
  });

  it.each(KINDS)('means the same cells as CSV: %s', async (name) => {
    const { header, rows } = readCsv(await csvOfTable(fixture(name), `${name}.parquet`), name);
    const given = Object.entries(EXPECTED).filter(([column]) => header.includes(column));
    expect(header).toEqual(given.map(([column]) => column));
    expect(given.length).toBeGreaterThan(20);
    expect(rows.length % 4).toBe(0);
    for (const [column, texts] of given) {
      const at = header.indexOf(column);
      const cells = rows.map((row) => row[at]);
      expect(cells, column).toEqual(rows.map((_, row) => texts[row % 4]));
    }
  });

  it('goes through the line to the same bytes as the CSV that it was made from', async () => {
    const { header, rows } = readCsv(CREDIT, 'credit.csv');
    const folder = readFolder({
      'model.json': JSON.stringify({
        schemaVersion: 1,
        name: 'credit',
        title: 'Credit',
        target: 'Status',
        positive: 'bad',
        identity: {},
        data: { path: 'credit.csv' },
        split: {},
        plan: { primaryMetric: 'auc' },
        seed: 1,
        quick: {},
        candidates: [
          { name: 'a', algorithm: 'forest', settings: { trees: 5, maxDepth: 5, minLeaf: 5 } },
        ],
      }),
      'schema.json': JSON.stringify({
        schemaVersion: 1,
        columns: header.map((name, at) => ({
          name,
          type: rows.every((row) => parseNumber(row[at]!) !== undefined) ? 'number' : 'category',
          role: name === 'Status' ? 'target' : 'feature',
        })),
      }),
      'policy.json': JSON.stringify({
        schemaVersion: 1,
        tier: 'low',
        gates: [],
        approval: {},
      }),
    });
    const prepared = (csv: Uint8Array) =>
      prepare({ folder, csv, file: 'credit', asOf: '2026-01-01T00:00:00.000Z', stored: null });
    const byCsv = prepared(CREDIT);
    const byParquet = prepared(await csvOfTable(fixture('credit'), 'credit.parquet'));
    expect(byParquet.rows).toBe(4454);
    expect(byParquet).toEqual(byCsv);

    const infinite = await csvOfTable(fixture('infinite'), 'infinite.parquet');
    expect(() =>
      prepare({ folder, csv: infinite, file: 'infinite.parquet', asOf: '', stored: null }),
    ).toThrow("infinite.parquet: row 42, column 'Amount': is infinite");
  });

  it.each([
    [
      'nested-list',
      "data.parquet: column 'list': is nested (a list, a map or a struct): flatten it",
    ],
    [
      'nested-struct',
      "data.parquet: column 'struct': is nested (a list, a map or a struct): flatten it",
    ],
    ['time', "data.parquet: column 'clock': is of a type that no table here has: TIME"],
    ['half', "data.parquet: column 'half': is of a type that no table here has: FLOAT16"],
    [
      'bytes',
      "data.parquet: column 'raw': is of a type that no table here has: FIXED_LEN_BYTE_ARRAY",
    ],
    ['not-text', "data.parquet: column 'binary': is not UTF-8: save the table in that encoding"],
  ])('is refused by name: %s', async (name, line) => {
    expect(await refusal(fixture(name))).toBe(line);
  });

  it('has no rows as CSV has none', async () => {
    const csv = await csvOfTable(fixture('no-rows'), 'data.parquet');
    expect(() => readCsv(csv, 'data.parquet')).toThrow('data.parquet: has a header but no rows');
  });

  it('is refused where it is cut off, wherever that is', async () => {
    const whole = fixture('kinds-snappy');
    for (let length = 4; length < whole.length; length += 97) {
      expect(await refusal(whole.subarray(0, length))).toMatch(/^data\.parquet: .*can’t be read/);
    }
  });

  it('is read or refused, whichever byte is damaged', async () => {
    const random = substream(3, 'damage');
    let refused = 0;
    const times = process.env['TITLEHOLDER_PROVE'] === undefined ? 150 : 5000;
    for (let i = 0; i < times; i += 1) {
      const bytes = fixture(i % 2 === 0 ? 'kinds-plain' : 'kinds-zstd').slice();
      bytes[4 + random.nextInt(bytes.length - 4)]! ^= 1 << random.nextInt(8);
      if ((await refusal(bytes)) !== 'was accepted') refused += 1;
    }
    expect(refused).toBeGreaterThan(times / 20);
  });

  it('lies behind the name .parquet, and CSV is left as it is', async () => {
    expect(await refusal(CREDIT, 'credit.parquet')).toBe('credit.parquet: is not a Parquet file');
    expect(await csvOfTable(CREDIT, 'credit.csv')).toBe(CREDIT);
  });
});
