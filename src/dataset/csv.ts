/** CSV bytes to rows of text and back. */
import { CsvError, parse } from 'csv-parse/sync';
import { refuse } from './refusal.ts';

export interface RawTable {
  readonly header: readonly string[];
  /** Row-major; every row is as long as the header. Row 1 of a message is `rows[0]`. */
  readonly rows: readonly (readonly string[])[];
}

/** What may stand between two cells. */
export const SEPARATORS = [',', ';', '\t', '|'] as const;
export type Separator = (typeof SEPARATORS)[number];

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
/** More than any header that is read here: 10,000 names of 100 bytes. */
const FIRST_LINE_BYTES = 1 << 20;

/** Throws where these can't be column names. */
export type HeaderCheck = (header: readonly string[]) => void;

/** Takes one row, as long as the header; `row` is 0-based among the data rows. */
export type RowReader = (cells: readonly string[], row: number) => void;

export interface CsvOptions {
  /** A comma unless given. */
  readonly separator?: Separator | undefined;
  /**
   * Asked before any message names a column: the first line of a table without a header holds cells,
   * which no message may show.
   */
  readonly checkHeader?: HeaderCheck | undefined;
}

/**
 * Reads UTF-8 CSV with a header (RFC 4180, another separator, mixed line ends and a byte order mark
 * allowed, blank lines skipped), row by row: no more of the text than one row is held beside the bytes.
 *
 * Throws `DataInvalid` on another encoding, broken quoting, no header, a name twice, a ragged row and
 * on no rows; `file` is only the name that the message bears.
 *
 * @param open is asked once, with the header, for what takes the rows.
 */
export function scanCsv(
  bytes: Uint8Array,
  file: string,
  open: (header: readonly string[]) => RowReader,
  options: CsvOptions = {},
): void {
  const { separator = ',', checkHeader = () => undefined } = options;
  checkEncoding(bytes, file, separator, checkHeader);
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
      ...parserOptions(bytes, separator),
      relax_column_count: true,
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

/** What `header` and the rows behind it are read by. */
function parserOptions(bytes: Uint8Array, separator: Separator) {
  return {
    bom: true,
    delimiter: separator,
    record_delimiter: lineEnds(bytes),
    skip_empty_lines: true,
  };
}

/**
 * The line ends that a table has: editors and concatenated exports mix CRLF and LF. A return alone ends
 * lines only where it ends the first one.
 */
function lineEnds(bytes: Uint8Array): string[] {
  let at = bytes.indexOf(LINE_FEED);
  const firstReturn = bytes.indexOf(RETURN);
  const isReturnAlone = firstReturn !== -1 && bytes[firstReturn + 1] !== LINE_FEED;
  if (isReturnAlone && (at === -1 || firstReturn < at)) return ['\r'];
  let plain = at === -1;
  let withReturn = false;
  for (; at !== -1 && !(plain && withReturn); at = bytes.indexOf(LINE_FEED, at + 1)) {
    if (bytes[at - 1] === RETURN) withReturn = true;
    else plain = true;
  }
  return [...(withReturn ? ['\r\n'] : []), ...(plain ? ['\n'] : [])];
}

/**
 * The names in the first line, read with a separator; null where its quoting doesn't fit.
 *
 * They may be cells of a table without a header: no message may show them.
 */
export function namesInFirstLine(
  bytes: Uint8Array,
  separator: Separator,
): readonly string[] | null {
  const start = bytes.subarray(0, FIRST_LINE_BYTES);
  try {
    const [names = []] = parse(Buffer.from(start.buffer, start.byteOffset, start.byteLength), {
      ...parserOptions(start, separator),
      to: 1,
    });
    return names.map((name) => name.trim());
  } catch (error) {
    if (error instanceof CsvError) return null;
    throw error;
  }
}

/** The first separator with which the first line has a name that `isKnown` knows, commas first. */
export function findSeparator(
  bytes: Uint8Array,
  isKnown: (name: string) => boolean,
): Separator | undefined {
  return SEPARATORS.find((separator) => namesInFirstLine(bytes, separator)?.some(isKnown));
}

/** A separator as a message names it. */
export function separatorName(separator: Separator): string {
  return separator === '\t' ? 'a tab' : `'${separator}'`;
}

/** At least as many as there are rows: the line ends. */
export function mostRows(bytes: Uint8Array): number {
  let ends = 1;
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] === LINE_FEED || bytes[i] === RETURN) ends += 1;
  }
  return ends;
}

/** A small table's rows all at once; else as `scanCsv`. */
export function readCsv(bytes: Uint8Array, file: string, options?: CsvOptions): RawTable {
  let header: readonly string[] = [];
  const rows: (readonly string[])[] = [];
  scanCsv(
    bytes,
    file,
    (names) => {
      header = names;
      return (cells) => void rows.push(cells);
    },
    options,
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
export function csvWriter(header: readonly string[], separator: Separator = ','): CsvWriter {
  const encoder = new TextEncoder();
  const special = separator === ',' ? SPECIAL_TO_COMMAS : SPECIAL;
  const quoted = (cell: string): string =>
    special.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
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
    text +=
      cells.length === 1 && cells[0] === '' ? '""\n' : `${cells.map(quoted).join(separator)}\n`;
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
const SPECIAL_TO_COMMAS = /[",\r\n]|^\s|\s$/;
/** Of any other separator. */
const SPECIAL = /[",;\t|\r\n]|^\s|\s$/;

function checkEncoding(
  bytes: Uint8Array,
  file: string,
  separator: Separator,
  checkHeader: HeaderCheck,
): void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      decoder.decode(bytes.subarray(at, at + CHUNK), { stream: true });
    }
    decoder.decode();
  } catch {
    refuse(
      file,
      firstUndecodable(bytes, separator, checkHeader),
      'is not UTF-8: save the table in that encoding',
    );
  }
}

/** The first row (by line ends) and column (by separators) that isn't UTF-8; quoted line ends count too. */
function firstUndecodable(
  bytes: Uint8Array,
  separator: Separator,
  checkHeader: HeaderCheck,
): { row: number; column?: string } {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const lenient = new TextDecoder();
  let header: string[] = [];
  let start = 0;
  for (let row = 0; start <= bytes.length; row += 1) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(start, end);
    try {
      const text = strict.decode(line);
      if (row === 0) header = text.split(separator).map((n) => n.trim().replace(/^"(.*)"$/, '$1'));
    } catch {
      // An undecodable byte becomes U+FFFD, and only the part before the first one counts.
      const before = lenient.decode(line).split('\ufffd', 1)[0] ?? '';
      const column = header[before.split(separator).length - 1];
      if (column !== undefined) checkHeader(header);
      return { row, ...(column === undefined ? {} : { column }) };
    }
    start = end + 1;
  }
  return { row: 0 };
}
