/**
 * A table that came as Parquet, as the CSV that everything else reads: one path from there on, so that
 * the same cells have the same canonical text, identity and hash whichever file brought them.
 */
import {
  type Compressors,
  type FileMetaData,
  parquetMetadata,
  parquetScan,
  type SchemaElement,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { MAX_DATA_BYTES } from '#contracts/commit-limits.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ReadRules, TypedCheck } from '#learning/cells.ts';
import { csvWriter } from './csv.ts';
import { refuseContainer } from './container.ts';
import { checkClaims, type DeflatedPages } from './parquet-claims.ts';
import { checkRuns } from './parquet-runs.ts';
import { refuse } from './refusal.ts';

/** `PAR1`, at both ends of a file. */
const MAGIC = [0x50, 0x41, 0x52, 0x31] as const;
/** What pandas calls the index that it stores beside the columns. */
const INDEX = /^__index_level_\d+__$/;

/** A page of nulls alone is empty, and the LZ4 reader wants at least one byte. */
const CODECS: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([codec, inflate]) => [
    codec,
    (input: Uint8Array, length: number) =>
      length === 0 ? new Uint8Array(0) : inflate(input, length),
  ]),
);

const KNOWN_CODECS: ReadonlySet<string> = new Set(['UNCOMPRESSED', ...Object.keys(CODECS)]);

/** How a table's cells are to be read, by which one that has types is written as text. */
export interface TableFormat {
  /** Null where nothing says how cells are written. */
  readonly rules: ReadRules | null;
  /** Of a column that isn't one of numbers: why one of its numbers or flags can't be a cell of it. */
  readonly checkOf?: (column: string) => TypedCheck | undefined;
}

/**
 * The CSV bytes of a table: CSV is handed on as it is, Parquet is written as the CSV that these rules read.
 *
 * Whole numbers and decimals keep all their digits, a double is written as JSON writes it, a 32-bit float
 * with the digits that tell it from its neighbours, true and false in these words, a date and a moment at
 * midnight as YYYY-MM-DD, another moment as ISO 8601 without a zone, null and NaN as an empty cell.
 * Rows and columns keep their places, so what reads the CSV names them rightly. Throws `DataInvalid` for
 * a file of another format (compressed, a workbook) by its name, for damaged Parquet, for what claims more
 * than is read here (before room is made for it), for a nested column and for one of another type or
 * codec, naming it.
 */
export async function csvOfTable(
  bytes: Uint8Array,
  file: string,
  format: TableFormat,
): Promise<Uint8Array> {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    refuseContainer(bytes, file);
    if (file.endsWith('.parquet')) refuse(file, {}, 'is not a Parquet file');
    return bytes;
  }
  let column: string | undefined;
  try {
    const metadata = parquetMetadata(bytes, { geoparquet: false });
    const elements = columnsOf(metadata, file);
    const rows = Number(metadata.num_rows);
    const codecs = KNOWN_CODECS;
    const deflated = checkClaims({ bytes, file, metadata, columns: elements, codecs });
    const columns: Cells[] = [];
    for (const element of elements) {
      column = element.name;
      const pages = deflated.get(column) ?? [];
      columns.push(await readColumn({ bytes, file, metadata, element, rows, pages, format }));
    }
    column = undefined;
    const writer = csvWriter(
      elements.map(({ name }) => name),
      format.rules?.separator,
    );
    for (let row = 0; row < rows; row += 1) {
      writer.add(columns.map((cells) => cells.text(row)));
      // A word that stands once in the file may stand in every row.
      if (writer.size() > MAX_DATA_BYTES) {
        refuse(file, {}, `is more than ${MAX_DATA_BYTES} bytes as text`);
      }
    }
    return writer.finish();
  } catch (error) {
    if (error instanceof TitleholderError) throw error;
    // The reader's own messages may quote what it found.
    return refuse(
      file,
      column === undefined ? {} : { column },
      'can’t be read: the Parquet is damaged, or of a form that isn’t known here',
    );
  }
}

/** The columns in the file's order; throws where one isn't a column of plain cells. */
function columnsOf(metadata: FileMetaData, file: string): SchemaElement[] {
  const [root, ...rest] = metadata.schema;
  const nested = rest.find((e) => e.num_children !== undefined || e.repetition_type === 'REPEATED');
  if (nested !== undefined) {
    refuse(file, { column: nested.name }, 'is nested (a list, a map or a struct): flatten it');
  }
  if (root === undefined || rest.length === 0) refuse(file, {}, 'has no column');
  return rest.filter(({ name }) => !INDEX.test(name));
}

/** The cells of one column, by row. */
interface Cells {
  readonly add: (value: unknown, row: number) => void;
  readonly text: (row: number) => string;
}

async function readColumn(of: {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly metadata: FileMetaData;
  readonly element: SchemaElement;
  readonly rows: number;
  readonly pages: DeflatedPages;
  readonly format: TableFormat;
}): Promise<Cells> {
  const { bytes, file, metadata, element, rows, pages, format } = of;
  const { name } = element;
  const cells = cellsOf(element, rows, file, format);
  const decimal = scaleOf(element) !== undefined;
  // The reader multiplies decimals in doubles; their whole numbers are exact.
  const plain: SchemaElement = { ...element };
  if (decimal) {
    delete plain.converted_type;
    delete plain.logical_type;
  }
  const scan = await parquetScan({
    file: {
      byteLength: bytes.length,
      // A copy: `slice` of a Buffer is a view.
      slice: (start, end) => new Uint8Array(bytes.subarray(start, end)).buffer,
    },
    metadata: {
      ...metadata,
      schema: metadata.schema.map((one) => (one === element ? plain : one)),
    },
    columns: [name],
    compressors: checked(pages),
    geoparquet: false,
    parsers: {
      stringFromBytes: decimal ? (raw: Uint8Array) => raw : textReader(file, name),
      dateFromDays: (days) => momentOf(BigInt(days) * 86_400n, 1n),
      timestampFromMilliseconds: (ticks) => momentOf(ticks, 1_000n),
      timestampFromMicroseconds: (ticks) => momentOf(ticks, 1_000_000n),
      timestampFromNanoseconds: (ticks) => momentOf(ticks, 1_000_000_000n),
    },
  });
  let row = 0;
  for (const { rowStart, rowEnd } of scan.ranges) {
    const values: ArrayLike<unknown> = await scan.readColumn({ column: name, rowStart, rowEnd });
    if (values.length !== rowEnd - rowStart) throw new Error('another number of cells');
    for (let i = 0; i < values.length; i += 1) {
      cells.add(values[i], row);
      row += 1;
    }
  }
  if (row !== rows) throw new Error('another number of rows');
  return cells;
}

/** The codecs, for a reader that inflates these pages in this order. */
function checked(pages: DeflatedPages): Compressors {
  let next = 0;
  return Object.fromEntries(
    Object.entries(CODECS).map(([codec, inflate]) => [
      codec,
      (input: Uint8Array, length: number) => {
        const page = inflate(input, length);
        const plan = pages[next];
        next += 1;
        if (plan) checkRuns(page, plan);
        return page;
      },
    ]),
  );
}

function cellsOf(
  element: SchemaElement,
  rows: number,
  file: string,
  { rules, checkOf }: TableFormat,
): Cells {
  const { name, type, converted_type: converted, logical_type: logical } = element;
  const kind = logical?.type ?? converted;
  const scale = scaleOf(element);
  const check = checkOf?.(name);
  const refuseAt = (row: number, why: string): never =>
    refuse(file, { row: row + 1, column: name }, why);
  const typed = (cells: Cells): Cells =>
    check === undefined
      ? cells
      : {
          text: cells.text,
          add(value, row) {
            const why = typeof value === 'bigint' ? check(0) : isTyped(value) ? check(value) : null;
            if (why !== null) refuseAt(row, why);
            cells.add(value, row);
          },
        };
  const numbers = (textOf: (value: number | bigint) => string): Cells =>
    typed(
      numberCells(
        rows,
        rules?.decimal === ',' ? (value) => textOf(value).replace('.', ',') : textOf,
      ),
    );
  if (scale !== undefined) return numbers((whole) => decimalText(whole, scale));
  if (kind === undefined || WHOLE.has(kind)) {
    if (type === 'FLOAT') return numbers(floatText);
    if (type === 'DOUBLE' || type === 'INT32' || type === 'INT64') return numbers(doubleText);
    if (type === 'BOOLEAN') return typed(textCells(rows));
    if (type === 'INT96' || type === 'BYTE_ARRAY') return textCells(rows);
  } else if (TEXT.has(kind)) {
    return textCells(rows);
  }
  const shown = kind ?? type ?? 'unknown';
  return refuse(file, { column: element.name }, `is of a type that no table here has: ${shown}`);
}

function isTyped(value: unknown): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

const WHOLE: ReadonlySet<string> = new Set([
  'INTEGER',
  'INT_8',
  'INT_16',
  'INT_32',
  'INT_64',
  'UINT_8',
  'UINT_16',
  'UINT_32',
  'UINT_64',
]);
/** What the reader hands over as text, by our parsers or its own. */
const TEXT: ReadonlySet<string> = new Set([
  'STRING',
  'UTF8',
  'ENUM',
  'UUID',
  'DATE',
  'TIMESTAMP',
  'TIMESTAMP_MILLIS',
  'TIMESTAMP_MICROS',
  'NULL',
]);

/** Digits behind the point of a decimal; undefined for another type. */
function scaleOf({ converted_type, logical_type, scale }: SchemaElement): number | undefined {
  if (logical_type?.type === 'DECIMAL') return logical_type.scale;
  return converted_type === 'DECIMAL' ? (scale ?? 0) : undefined;
}

/** Numbers in eight bytes each; what a double can't hold is kept as text. */
function numberCells(rows: number, textOf: (value: number | bigint) => string): Cells {
  const values = new Float64Array(rows);
  const large = new Map<number, string>();
  return {
    add(value, row) {
      const number = value instanceof Uint8Array ? wholeOf(value) : value;
      if (typeof number === 'bigint' && !Number.isSafeInteger(Number(number))) {
        large.set(row, textOf(number));
        values[row] = Number.NaN;
      } else if (typeof number === 'number' || typeof number === 'bigint') {
        values[row] = Number(number);
      } else if (number === undefined || number === null) {
        values[row] = Number.NaN;
      } else {
        throw new TypeError('no number');
      }
    },
    text(row) {
      const value = values[row] ?? Number.NaN;
      return Number.isNaN(value) ? (large.get(row) ?? '') : textOf(value);
    },
  };
}

/** Each text once. */
function textCells(rows: number): Cells {
  const codes = new Uint32Array(rows);
  const texts = [''];
  const codeOf = new Map<string, number>();
  return {
    add(value, row) {
      if (value === undefined || value === null) return;
      if (typeof value !== 'string' && typeof value !== 'boolean') throw new TypeError('no text');
      const text = String(value);
      let code = codeOf.get(text);
      if (code === undefined) {
        code = texts.length;
        texts.push(text);
        codeOf.set(text, code);
      }
      codes[row] = code;
    },
    text: (row) => texts[codes[row] ?? 0] ?? '',
  };
}

function doubleText(value: number | bigint): string {
  return String(value === 0 ? 0 : value);
}

/** 0.1 as a 32-bit float is 0.10000000149011612 as a double; its own shortest text is 0.1. */
function floatText(value: number | bigint): string {
  const number = Number(value);
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(number.toPrecision(digits));
    if (Math.fround(short) === number) return doubleText(short);
  }
  return doubleText(number);
}

function decimalText(whole: number | bigint, scale: number): string {
  const text = String(whole === 0 ? 0 : whole);
  if (scale <= 0) return text === '0' ? text : `${text}${'0'.repeat(-scale)}`;
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length).padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A decimal's bytes: big-endian, two's complement. */
function wholeOf(bytes: Uint8Array): bigint {
  let whole = 0n;
  for (const byte of bytes) whole = whole * 256n + BigInt(byte);
  return BigInt.asIntN(8 * bytes.length, whole);
}

function textReader(file: string, column: string): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (bytes) => {
    try {
      return decoder.decode(bytes);
    } catch {
      return refuse(file, { column }, 'is not UTF-8: save the table in that encoding');
    }
  };
}

/** Ticks since 1970: the day alone at midnight, else the moment with as many digits as it needs. */
function momentOf(ticks: bigint, perSecond: bigint): string {
  const rest = ((ticks % perSecond) + perSecond) % perSecond;
  const iso = new Date(Number((ticks - rest) / perSecond) * 1000).toISOString();
  const [day = '', time = ''] = iso.split('T');
  if (rest === 0n && time === '00:00:00.000Z') return day;
  const digits = String(rest)
    .padStart(String(perSecond).length - 1, '0')
    .replace(/0+$/, '');
  return `${day}T${time.slice(0, 8)}${digits === '' ? '' : `.${digits}`}`;
}
