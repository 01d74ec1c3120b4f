/** CSV bytes to rows of text and back. */
import { CsvError, parse } from 'csv-parse/sync';
import { refuse } from './refusal.ts';

export interface RawTable {
  readonly header: readonly string[];
  /** Row-major; every row is as long as the header. Row 1 of a message is `rows[0]`. */
  readonly rows: readonly (readonly string[])[];
}

/** Throws where these can't be column names. */
export type HeaderCheck = (header: readonly string[]) => void;

/**
 * Reads UTF-8 CSV with a header (RFC 4180, a byte order mark allowed, blank lines skipped).
 *
 * Throws `DataInvalid` on another encoding, broken quoting, no header, a name twice, a ragged row and
 * on no rows; `file` is only the name that the message bears.
 *
 * @param checkHeader is asked before any message names a column: the first line of a table without a
 * header holds cells, which no message may show.
 */
export function readCsv(
  bytes: Uint8Array,
  file: string,
  checkHeader: HeaderCheck = () => undefined,
): RawTable {
  let records: string[][];
  try {
    records = parse(decode(bytes, file, checkHeader), {
      relax_column_count: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser's own message may quote a cell.
    const { records: read } = error;
    return refuse(
      file,
      { ...(typeof read === 'number' ? { row: read } : {}) },
      'the quoting is broken',
    );
  }
  const [head, ...rows] = records;
  if (head === undefined) return refuse(file, {}, 'has no header: the file is empty');
  const header = head.map((name) => name.trim());
  checkHeader(header);
  const seen = new Set<string>();
  header.forEach((name, index) => {
    if (name === '') refuse(file, { row: 0 }, `has no header for column number ${index + 1}`);
    if (seen.has(name)) refuse(file, { row: 0, column: name }, 'stands twice in the header');
    seen.add(name);
  });
  if (rows.length === 0) refuse(file, {}, 'has a header but no rows');
  rows.forEach((row, index) => {
    if (row.length === header.length) return;
    const place = {
      row: index + 1,
      column: header[Math.min(row.length, header.length - 1)] ?? '',
    };
    refuse(file, place, `is ragged: ${row.length} cells where the header has ${header.length}`);
  });
  return { header, rows };
}

/** Writes CSV with `\n` line ends, quoting only where it must; the same cells give the same bytes. */
export function writeCsv(
  header: readonly string[],
  rows: Iterable<readonly string[]>,
): Uint8Array<ArrayBuffer> {
  const parts: string[] = [];
  const push = (cells: readonly string[]): void => {
    // A lone empty cell would be a blank line, which readers skip.
    parts.push(cells.length === 1 && cells[0] === '' ? '""' : cells.map(escape).join(','), '\n');
  };
  push(header);
  for (const row of rows) push(row);
  return new TextEncoder().encode(parts.join(''));
}

const SPECIAL = /[",\r\n]|^\s|\s$/;

function escape(cell: string): string {
  return SPECIAL.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function decode(bytes: Uint8Array, file: string, checkHeader: HeaderCheck): string {
  try {
    // Without `ignoreBOM` the decoder drops a UTF-8 byte order mark.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse(
      file,
      firstUndecodable(bytes, checkHeader),
      'is not UTF-8: save the table in that encoding',
    );
  }
}

/** The first row (by line ends) and column (by commas) that isn't UTF-8; quoted line ends count too. */
function firstUndecodable(
  bytes: Uint8Array,
  checkHeader: HeaderCheck,
): { row: number; column?: string } {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const lenient = new TextDecoder();
  let header: string[] = [];
  let start = 0;
  for (let row = 0; start <= bytes.length; row += 1) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(start, end);
    try {
      const text = strict.decode(line);
      if (row === 0) header = text.split(',').map((n) => n.trim().replace(/^"(.*)"$/, '$1'));
    } catch {
      // An undecodable byte becomes U+FFFD, and only the part before the first one counts.
      const before = lenient.decode(line).split('\ufffd', 1)[0] ?? '';
      const column = header[before.split(',').length - 1];
      if (column !== undefined) checkHeader(header);
      return { row, ...(column === undefined ? {} : { column }) };
    }
    start = end + 1;
  }
  return { row: 0 };
}
