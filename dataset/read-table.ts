/** A CSV read against the schema: typed columns in the schema's order, in one canonical text. */
import type { ColumnContract, Folder } from '../contracts/folder.ts';
import { isMissing, parseNumber } from '../learning/cells.ts';
import { type HeaderCheck, type RawTable, readCsv } from './csv.ts';
import { quoted, refuse } from './refusal.ts';

export interface DataColumn {
  readonly contract: ColumnContract;
  /**
   * One canonical text a row: trimmed, a missing cell empty, a number as JSON writes it (so `1.0`
   * and `1` are the same cell).
   */
  readonly texts: readonly string[];
  /** One number a row where the column is one, NaN where it is missing; else empty. */
  readonly numbers: Float64Array;
  readonly missing: number;
}

export interface DataTable {
  /** The name that messages bear. */
  readonly file: string;
  readonly rows: number;
  /** The schema's columns except those it ignores, in its order. */
  readonly columns: readonly DataColumn[];
  /** 1 where the target is the positive class. */
  readonly labels: Uint8Array;
  readonly positives: number;
  /** Columns of the file that the schema doesn't know: left out. */
  readonly unknown: readonly string[];
}

const INFINITE = /^[+-]?inf(?:inity)?$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Above this share of missing cells a feature says nothing: refused whatever the schema's mode. */
export const MOST_MISSING = 0.6;

/**
 * Reads and refuses what is never a table of this model; soft limits are `checkSchema`'s.
 *
 * Row numbers are 1-based among the data rows (the header is row 0). Throws `DataInvalid`: a column of
 * the schema absent, a cell of another type, Infinity, a missing target or identity, a feature above
 * 60 % missing, one class, the positive class absent.
 */
export function readTable(bytes: Uint8Array, file: string, folder: Folder): DataTable {
  return typeTable(readCsv(bytes, file, headerOfSchema(file, folder)), file, folder, MOST_MISSING);
}

/**
 * Reads training or holdout rows that were prepared from a table: as `readTable`, but a part of a
 * table may by chance lack more of a column than the whole did.
 */
export function readPart(bytes: Uint8Array, file: string, folder: Folder): DataTable {
  return typeTable(readCsv(bytes, file, headerOfSchema(file, folder)), file, folder, 1);
}

/** A first line that names no column of the schema is a row of data. */
function headerOfSchema(file: string, { schema }: Folder): HeaderCheck {
  const known = new Set(schema.columns.map((c) => c.name));
  return (header) => {
    if (header.some((name) => known.has(name))) return;
    refuse(file, { row: 0 }, 'has no header: it names none of the schema’s columns');
  };
}

function typeTable(raw: RawTable, file: string, folder: Folder, mostMissing: number): DataTable {
  const { model, schema } = folder;
  const positions = new Map(raw.header.map((name, index) => [name, index]));
  const wanted = schema.columns.filter((c) => c.role !== 'ignored');
  const known = new Set(schema.columns.map((c) => c.name));
  const required = new Set([...(model.identity.group ?? []), ...(model.identity.key ?? [])]);
  const columns = wanted.map((contract): DataColumn => {
    const position = positions.get(contract.name);
    if (position === undefined) {
      const what = contract.role === 'target' ? 'is the target and is absent' : 'is absent';
      return refuse(file, { row: 0, column: contract.name }, what);
    }
    const needed = contract.role === 'target' || required.has(contract.name);
    return readColumn(raw, position, contract, { file, required: needed, mostMissing });
  });
  const target = columns.find((c) => c.contract.role === 'target');
  if (target === undefined)
    return refuse(file, { column: model.target }, 'is the target and is absent');
  const labels = new Uint8Array(raw.rows.length);
  let positives = 0;
  for (let row = 0; row < labels.length; row += 1) {
    if (target.texts[row] !== model.positive) continue;
    labels[row] = 1;
    positives += 1;
  }
  if (positives === 0) {
    const one = new Set(target.texts).size === 1 ? 'holds one class only, and ' : '';
    refuse(file, { column: model.target }, `${one}never holds the positive class of model.json`);
  }
  if (positives === labels.length) {
    refuse(file, { column: model.target }, 'holds one class only: every row is positive');
  }
  return {
    file,
    rows: raw.rows.length,
    columns,
    labels,
    positives,
    unknown: raw.header.filter((name) => !known.has(name)),
  };
}

function readColumn(
  raw: RawTable,
  position: number,
  contract: ColumnContract,
  how: { readonly file: string; readonly required: boolean; readonly mostMissing: number },
): DataColumn {
  const { file, required, mostMissing } = how;
  const rows = raw.rows.length;
  const texts = new Array<string>(rows);
  const numbers = new Float64Array(contract.type === 'number' ? rows : 0);
  let missing = 0;
  for (let row = 0; row < rows; row += 1) {
    const cell = (raw.rows[row]?.[position] ?? '').trim();
    const fail = (what: string): never =>
      refuse(file, { row: row + 1, column: contract.name }, what);
    if (isMissing(cell)) {
      if (required) {
        fail(
          contract.role === 'target' ? 'the target is missing' : 'the row’s identity is missing',
        );
      }
      texts[row] = '';
      missing += 1;
      if (contract.type === 'number') numbers[row] = Number.NaN;
    } else if (contract.type === 'number') {
      const value = parseNumber(cell);
      if (value === undefined) {
        return fail(
          INFINITE.test(cell) || Math.abs(Number(cell)) === Number.POSITIVE_INFINITY
            ? 'is infinite'
            : 'is not a number',
        );
      }
      numbers[row] = value;
      texts[row] = String(value === 0 ? 0 : value);
    } else {
      if (contract.type === 'date' && !isDate(cell)) fail('is not a date (YYYY-MM-DD)');
      texts[row] = cell;
    }
  }
  if (contract.role === 'feature' && !(missing <= rows * mostMissing)) {
    const what =
      missing === rows
        ? 'is missing in every row'
        : `is missing in ${missing} of ${rows} rows, and more than 60 % is refused`;
    refuse(file, { row: firstMissing(texts), column: contract.name }, what);
  }
  return { contract, texts, numbers, missing };
}

function firstMissing(texts: readonly string[]): number {
  return texts.indexOf('') + 1;
}

/** A day of the calendar as ISO 8601. */
export function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** A column by name; throws `DataInvalid` where the table hasn't got it. */
export function columnOf(table: DataTable, name: string): DataColumn {
  const column = table.columns.find((c) => c.contract.name === name);
  return column ?? refuse(table.file, {}, `has no column ${quoted(name)}`);
}

/** The canonical texts of some rows (0-based), one array a row, in the schema's order. */
export function* textRows(table: DataTable, rows: Iterable<number>): Generator<string[]> {
  for (const row of rows) yield table.columns.map((c) => c.texts[row] ?? '');
}

export function headerOf(table: DataTable): string[] {
  return table.columns.map((c) => c.contract.name);
}
