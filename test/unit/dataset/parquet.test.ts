/** Fixtures by pyarrow: test/fixtures/parquet/make.py, which says what each cell means. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ColumnMetaData, type FileMetaData, parquetMetadata } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { readCsv } from '#dataset/csv.ts';
import { csvOfTable } from '#dataset/parquet.ts';
import { isNamed } from '#domain/errors.ts';
import { parseNumber } from '#learning/cells.ts';
import { substream } from '#learning/random.ts';
import { prepare } from '#dataset/prepare.ts';
import { readFolder } from '#model-folder/read.ts';

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
    await csvOfTable(bytes, file, { rules: null });
  } catch (error) {
    if (isNamed(error, 'DataInvalid')) return error.message;
    throw error;
  }
  return 'was accepted';
}

/** A whole number of the footer, in Thrift's compact form. */
function varint(value: number): number[] {
  const out: number[] = [];
  let zigzag = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value);
  for (; zigzag > 127n; zigzag >>= 7n) out.push(Number(zigzag & 127n) | 128);
  return [...out, Number(zigzag)];
}

/** A fixture whose footer says another number: the first place where it then reads as wanted. */
function forged(
  name: string,
  from: number,
  to: number,
  wanted: (metadata: FileMetaData) => boolean,
): Uint8Array {
  const bytes = Buffer.from(fixture(name));
  const end = bytes.length - 8;
  const start = end - bytes.readUInt32LE(end);
  const [old, made] = [Buffer.from(varint(from)), Buffer.from(varint(to))];
  for (let at = bytes.indexOf(old, start); at >= 0 && at < end; at = bytes.indexOf(old, at + 1)) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(end - start + made.length - old.length);
    const parts = [bytes.subarray(0, at), made, bytes.subarray(at + old.length, end), length];
    const changed = Buffer.concat([...parts, Buffer.from('PAR1')]);
    try {
      if (wanted(parquetMetadata(changed))) return new Uint8Array(changed);
    } catch {
      // Not a number at that place.
    }
  }
  throw new Error(`${name} has no such ${from}`);
}

function chunk({ row_groups }: FileMetaData): ColumnMetaData {
  return row_groups[0]!.columns[0]!.meta_data!;
}

/** Reads a table from stdin and says by how much the process grew. */
const PEAK = `
import { readFileSync } from 'node:fs';
import { csvOfTable } from '${resolve(import.meta.dirname, '../../../src/dataset/parquet.ts')}';
const bytes = new Uint8Array(readFileSync(0));
const before = process.resourceUsage().maxRSS;
const line = await csvOfTable(bytes, 'data.parquet', { rules: null }).then(() => 'read', (error) => error.message);
console.log(JSON.stringify({ line, grewMb: (process.resourceUsage().maxRSS - before) / 1024 }));
`;

function inProcess(bytes: Uint8Array): { readonly line: string; readonly grewMb: number } {
  const printed = execFileSync(
    process.execPath,
    ['--input-type=module-typescript', '--eval', PEAK],
    { input: bytes, encoding: 'utf8' },
  );
  return JSON.parse(printed) as { line: string; grewMb: number };
}

describe('a Parquet table', () => {
  it('has fixtures of every codec and layout', () => {
    expect(KINDS.length).toBe(10);
  });

  it.each(KINDS)('means the same cells as CSV: %s', async (name) => {
    const { header, rows } = readCsv(
      await csvOfTable(fixture(name), `${name}.parquet`, { rules: null }),
      name,
    );
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
    const byParquet = prepared(
      await csvOfTable(fixture('credit'), 'credit.parquet', { rules: null }),
    );
    expect(byParquet.rows).toBe(4454);
    expect(byParquet).toEqual(byCsv);

    const infinite = await csvOfTable(fixture('infinite'), 'infinite.parquet', { rules: null });
    expect(() =>
      prepare({ folder, csv: infinite, file: 'infinite.parquet', asOf: '', stored: null }),
    ).toThrow("infinite.parquet: row 42, column 'Amount': is no finite number");
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
    const csv = await csvOfTable(fixture('no-rows'), 'data.parquet', { rules: null });
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

  it.each([
    [
      'more rows than there are',
      forged('no-rows', 0, 2 ** 31, ({ num_rows }) => num_rows === 2n ** 31n),
      'data.parquet: says that it has 2147483648 rows × 1 columns; at most 67108864 cells are read',
    ],
    [
      'more cells than are read, in a wide table',
      forged('credit', 4454, 5_000_000, ({ num_rows }) => num_rows === 5_000_000n),
      'data.parquet: says that it has 5000000 rows × 14 columns; at most 67108864 cells are read',
    ],
    [
      'rows below none',
      forged('no-rows', 0, -1, ({ num_rows }) => num_rows === -1n),
      'data.parquet: says that it has -1 rows × 1 columns; at most 67108864 cells are read',
    ],
    [
      'more bytes than are read',
      forged('half', 111, 2 ** 40, (m) => chunk(m).total_uncompressed_size === 2n ** 40n),
      "data.parquet: column 'a': holds more than 268435456 bytes uncompressed",
    ],
    [
      'many bytes in few',
      fixture('bomb'),
      "data.parquet: column 'zero': holds more than 268435456 bytes uncompressed",
    ],
    [
      'fewer bytes than its pages hold',
      forged('bomb', 320_062_000, 100, (m) => chunk(m).total_uncompressed_size === 100n),
      "data.parquet: column 'zero': holds more than 268435456 bytes uncompressed",
    ],
    [
      'fewer rows than its pages hold',
      forged('bomb', 40_000_000, 1, ({ row_groups }) => row_groups[0]?.num_rows === 1n),
      "data.parquet: column 'zero': holds more than 268435456 bytes uncompressed",
    ],
    [
      'more rows than its pages hold',
      forged('not-text', 3, 2, ({ row_groups }) => row_groups[0]?.num_rows === 2n),
      "data.parquet: column 'a': has pages of other rows than the file says: it is damaged",
    ],
    [
      'a codec that nobody has here',
      forged('not-text', 1, 3, (m) => chunk(m).codec === 'LZO'),
      "data.parquet: column 'a': is compressed by LZO, which is not read here",
    ],
    [
      'a codec that the format lacks',
      forged('not-text', 1, 42, (m) => JSON.stringify({ codec: chunk(m).codec }) === '{}'),
      "data.parquet: column 'a': is compressed by an unknown codec, which is not read here",
    ],
  ])('is refused by what it claims: %s', async (_, bytes, line) => {
    expect(await refusal(bytes)).toBe(line);
  });

  it.each(['none', 'snappy'])(
    'is refused where a run repeats a cell two thousand million times: %s',
    (codec) => {
      const bytes = Buffer.from(fixture(`kinds-${codec}`));
      // Which of four cells are there: two bytes, a run of four, yes. Snappy leaves so few as they are.
      const at = bytes.indexOf(Buffer.from([2, 0, 0, 0, 8, 1]));
      expect(at).toBeGreaterThan(0);
      bytes.set([0xfe, 0xff, 0xff, 0xff, 0x0f, 1], at + 4);
      const { line, grewMb } = inProcess(bytes);
      expect(line).toMatch(/^data\.parquet: .*can’t be read/);
      expect(grewMb).toBeLessThan(50);
    },
  );

  it('is refused before room is made for what it claims', () => {
    const peaks = [
      fixture('bomb'),
      forged('bomb', 320_062_000, 100, (m) => chunk(m).total_uncompressed_size === 100n),
      forged('no-rows', 0, 2 ** 31, ({ num_rows }) => num_rows === 2n ** 31n),
    ].map((bytes) => {
      const { line, grewMb } = inProcess(bytes);
      expect(line).toMatch(/holds more than|cells are read/);
      return grewMb;
    });
    // The zeros of the bomb alone are 320 MB.
    expect(Math.max(...peaks)).toBeLessThan(50);
  });

  it('lies behind the name .parquet, and CSV is left as it is', async () => {
    expect(await refusal(CREDIT, 'credit.parquet')).toBe('credit.parquet: is not a Parquet file');
    expect(await csvOfTable(CREDIT, 'credit.csv', { rules: null })).toBe(CREDIT);
  });
});
