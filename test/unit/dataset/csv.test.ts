import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { findSeparator, namesInFirstLine, readCsv, SEPARATORS } from '#dataset/csv.ts';
import { csvOfTable } from '#dataset/parquet.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const ROWS = [
  ['a', 'b "c"', 'd'],
  ['1', 'x y', ''],
  ['2', 'of\ntwo lines', ' '],
];

/** A table with every cell quoted, its lines ended by `ends` in turn. */
function quoted(separator: string, ...ends: readonly string[]): Uint8Array {
  const lines = ROWS.map((row) =>
    row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(separator),
  );
  return bytes(lines.map((line, i) => line + (ends[i % ends.length] ?? '')).join(''));
}

describe('a CSV', () => {
  it.each([
    ['LF', ['\n']],
    ['CRLF', ['\r\n']],
    ['CR', ['\r']],
    ['CRLF behind the header and LF behind the rows', ['\r\n', '\n', '\n']],
    ['LF behind the header and CRLF behind the rows', ['\n', '\r\n', '\r\n']],
  ])('has the same cells with line ends %s', (_, ends) => {
    for (const separator of SEPARATORS) {
      const { header, rows } = readCsv(quoted(separator, ...ends), 'a.csv', { separator });
      expect([header, ...rows]).toEqual(ROWS);
    }
  });

  it('may have unquoted cells, a byte order mark and mixed line ends at once', () => {
    const read = readCsv(bytes('\ufeffa,b\r\n1,x\n2,y\r\n\n3,z\r\n'), 'a.csv');
    expect(read.header).toEqual(['a', 'b']);
    expect(read.rows).toEqual([
      ['1', 'x'],
      ['2', 'y'],
      ['3', 'z'],
    ]);
  });

  it.each(SEPARATORS)('says by its first line that it is separated by %j', (separator) => {
    const text = [
      `id${separator}"the ${separator} name"${separator}y`,
      `1${separator}2${separator}3`,
    ];
    const table = bytes(`${text.join('\r\n')}\r\n`);
    expect(findSeparator(table, (name) => name === 'y')).toBe(separator);
    expect(namesInFirstLine(table, separator)).toEqual(['id', `the ${separator} name`, 'y']);
    expect(findSeparator(table, (name) => name === 'z')).toBeUndefined();
  });

  it('names the column that is in another encoding, whatever separates it', () => {
    const table = bytes('a;b;c\n1;2;3\n1;~;3\n').map((byte) => (byte === 0x7e ? 0xe9 : byte));
    expect(() => readCsv(table, 'a.csv', { separator: ';' })).toThrow("a.csv: row 2, column 'b'");
  });
});

describe('a file that is no table', () => {
  const csv = bytes('a,y\n1,0\n2,1\n');
  const utf16 = Uint8Array.from(Buffer.from('\ufeffa,y\n1,0\n', 'utf16le'));
  it.each<[string, Uint8Array, string]>([
    ['gzip', gzipSync(csv), 'is compressed by gzip: unpack it first (gunzip)'],
    ['gzip of Parquet', gzipSync(bytes('PAR1')), 'is compressed by gzip'],
    ['a zip', zipSync({ 'data.csv': csv }), 'is a zip archive: unpack it first (unzip)'],
    [
      'a workbook',
      zipSync({ '[Content_Types].xml': csv, 'xl/worksheets/sheet1.xml': csv }),
      'is a spreadsheet (a workbook): save its sheet as CSV UTF-8',
    ],
    [
      'an OpenDocument sheet',
      zipSync({
        mimetype: [bytes('application/vnd.oasis.opendocument.spreadsheet'), { level: 0 }],
      }),
      'is a spreadsheet (a workbook)',
    ],
    ['UTF-16', utf16, 'is UTF-16: save the table as UTF-8'],
    ['bzip2', bytes('BZh91AY'), 'is compressed by bzip2'],
    ['Feather', bytes('ARROW1\0\0'), 'is an Arrow or Feather file'],
  ])('is named for what it is: %s', async (_, content, line) => {
    for (const name of ['data.csv', 'data.parquet']) {
      await expect(csvOfTable(content, name, { rules: null })).rejects.toThrow(`${name}: ${line}`);
    }
  });

  it('is not mistaken for one by a text that begins alike', async () => {
    const table = bytes('PK,BZ\n1,2\n');
    expect(await csvOfTable(table, 'data.csv', { rules: null })).toBe(table);
  });
});
