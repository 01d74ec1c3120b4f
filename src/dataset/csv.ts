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

/** Takes one row, as long as the header; `row` is 0-based among the data rows. */
export type RowReader = (cells: readonly string[], row: number) => void;

/**
 * Reads UTF-8 CSV with a header (RFC 4180, a byte order mark allowed, blank lines skipped), row by row:
 * no more of the text than one row is held beside the bytes.
 *
 * Throws `DataInvalid` on another encoding, broken quoting, no header, a name twice, a ragged row and
 * on no rows; `file` is only the name that the message bears.
 *
 * @param open is asked once, with the header, for what takes the rows.
 * @param checkHeader is asked before any message names a column: the first line of a table without a
 * header holds cells, which no message may show.
 */
export function scanCsv(
  bytes: Uint8Array,
  file: string,
  open: (header: readonly string[]) => RowReader,
  checkHeader: HeaderCheck = () => undefined,
): void {
  checkEncoding(bytes, file, checkHeader);
  let header: readonly string[] | undefined;
  let read: RowReader = () => undefined;
  let rows = 0;
  const take = (cells: string[]): null => {
    if (header === undefined) {
      header = checkedHeader(cells, file, checkHeader);
      read = open(header);
      return null;
    }
    if (cells.length !== header.length) {
      const place = {
        row: rows + 1,
        column: header[Math.min(cells.length, header.length - 1)] ?? '',
      };
      refuse(file, place, `is ragged: ${cells.length} cells where the header has ${header.length}`);
    }
    read(cells, rows);
    rows += 1;
    // The parser keeps no row for which it gets none back.
    return null;
  };
  try {
    parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: take,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser's own message may quote a cell.
    const { records } = error;
    return refuse(
      file,
      { ...(typeof records === 'number' ? { row: records } : {}) },
      'the quoting is broken',
    );
  }
  if (header === undefined) return refuse(file, {}, 'has no header: the file is empty');
  if (rows === 0) refuse(file, {}, 'has a header but no rows');
}

/** At least as many as there are rows: the line ends. */
export function mostRows(bytes: Uint8Array): number {
  let ends = 1;
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] === 0x0a || bytes[i] === 0x0d) ends += 1;
  }
  return ends;
}

/** A small table's rows all at once; else as `scanCsv`. */
export function readCsv(bytes: Uint8Array, file: string, checkHeader?: HeaderCheck): RawTable {
  let header: readonly string[] = [];
  const rows: (readonly string[])[] = [];
  scanCsv(
    bytes,
    file,
    (names) => {
      header = names;
      return (cells) => void rows.push(cells);
    },
    checkHeader,
  );
  return { header, rows };
}

function checkedHeader(
  cells: readonly string[],
  file: string,
  checkHeader: HeaderCheck,
): readonly string[] {
  const header = cells.map((name) => name.trim());
  checkHeader(header);
  const seen = new Set<string>();
  header.forEach((name, index) => {
    if (name === '') refuse(file, { row: 0 }, `has no header for column number ${index + 1}`);
    if (seen.has(name)) refuse(file, { row: 0, column: name }, 'stands twice in the header');
    seen.add(name);
  });
  return header;
}

/** Writes CSV with `\n` line ends, quoting only where it must; the same cells give the same bytes. */
export function writeCsv(
  header: readonly string[],
  rows: Iterable<readonly string[]>,
): Uint8Array<ArrayBuffer> {
  const writer = csvWriter(header);
  for (const row of rows) writer.add(row);
  return writer.finish();
}

export interface CsvWriter {
  add(cells: readonly string[]): void;
  /** Bytes so far, but for what isn't encoded yet (less than a megabyte). */
  readonly size: () => number;
  finish(): Uint8Array<ArrayBuffer>;
}

/** `writeCsv` a row at a time: holds bytes, not texts. */
export function csvWriter(header: readonly string[]): CsvWriter {
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(1 << 12);
  let size = 0;
  let text = '';
  const flush = (): void => {
    const most = size + text.length * UTF8_BYTES;
    if (most > bytes.length) {
      // Room that nothing is written to takes no memory.
      const more = new Uint8Array(Math.max(most, 2 * bytes.length));
      more.set(bytes.subarray(0, size));
      bytes = more;
    }
    size += encoder.encodeInto(text, bytes.subarray(size)).written;
    text = '';
  };
  const add = (cells: readonly string[]): void => {
    // A lone empty cell would be a blank line, which readers skip.
    text += cells.length === 1 && cells[0] === '' ? '""\n' : `${cells.map(escape).join(',')}\n`;
    if (text.length > CHUNK) flush();
  };
  add(header);
  return {
    add,
    size: () => size,
    finish() {
      flush();
      return bytes.subarray(0, size);
    },
  };
}

/** Code units of text that are encoded together. */
const CHUNK = 1 << 18;
/** Of a code unit, at most. */
const UTF8_BYTES = 3;
const SPECIAL = /[",\r\n]|^\s|\s$/;

function escape(cell: string): string {
  return SPECIAL.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function checkEncoding(bytes: Uint8Array, file: string, checkHeader: HeaderCheck): void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      decoder.decode(bytes.subarray(at, at + CHUNK), { stream: true });
    }
    decoder.decode();
  } catch {
    refuse(
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
