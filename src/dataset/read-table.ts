/** A CSV read against the schema: typed columns in the schema's order, in one canonical text. */
import type { ColumnContract, ModelDocument, SchemaDocument } from '#contracts/folder.ts';
import { isMissing, parseNumber } from '#learning/cells.ts';
import { type HeaderCheck, mostRows, scanCsv } from './csv.ts';
import { codedColumn, type DataColumn, numberColumn } from './data-column.ts';
import { quoted, refuse } from './refusal.ts';

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

/** What a folder says about reading its table. */
export interface TableRules {
  readonly model: Pick<ModelDocument, 'target' | 'positive' | 'identity'>;
  readonly schema: Pick<SchemaDocument, 'columns'>;
}

export const INFINITE = /^[+-]?inf(?:inity)?$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Above this share of missing cells a feature says nothing: refused whatever the schema's mode. */
export const MOST_MISSING = 0.6;

/**
 * Reads and refuses what is never a table of this model; soft limits are `checkSchema`'s.
 *
 * Row numbers are 1-based among the data rows (the header is row 0). Throws `DataInvalid`: a column of
 * the schema absent, a cell of another type, Infinity, a missing target or identity, a feature above
 * 60 % missing, one class, the positive class absent, a value of the target that the schema doesn't list.
 */
export function readTable(bytes: Uint8Array, file: string, folder: TableRules): DataTable {
  const table = typeTable(bytes, file, folder, MOST_MISSING);
  checkTargetValues(table);
  return table;
}

/** A new value of the target would count as not positive, whatever it means. */
function checkTargetValues({ file, columns }: DataTable): void {
  const target = columns.find((c) => c.contract.role === 'target');
  const { values } = target?.contract ?? {};
  if (target === undefined || values === undefined) return;
  const allowed = target.levels.map((level) => values.includes(level));
  const strange = allowed.filter((is) => !is).length;
  if (strange === 0) return;
  const isStrange = (code: number): boolean => code >= 0 && allowed[code] !== true;
  const rows = target.codes.reduce((n, code) => n + (isStrange(code) ? 1 : 0), 0);
  refuse(
    file,
    { row: target.codes.findIndex(isStrange) + 1, column: target.contract.name },
    `the target has a value that schema.json doesn’t list (${strange === 1 ? 'one value' : `${strange} values`}, ${rows === 1 ? 'one row' : `${rows} rows`}): list it there if it is a class of its own`,
  );
}

/**
 * Reads training or holdout rows that were prepared from a table: as `readTable`, but a part of a
 * table may by chance lack more of a column than the whole did.
 */
export function readPart(bytes: Uint8Array, file: string, folder: TableRules): DataTable {
  return typeTable(bytes, file, folder, 1);
}

/** A first line that names no column of the schema is a row of data. */
function headerOfSchema(file: string, { schema }: TableRules): HeaderCheck {
  const known = new Set(schema.columns.map((c) => c.name));
  return (header) => {
    if (header.some((name) => known.has(name))) return;
    refuse(file, { row: 0 }, 'has no header: it names none of the schema’s columns');
  };
}

function typeTable(
  bytes: Uint8Array,
  file: string,
  folder: TableRules,
  mostMissing: number,
): DataTable {
  const { model, schema } = folder;
  const wanted = schema.columns.filter((c) => c.role !== 'ignored');
  const known = new Set(schema.columns.map((c) => c.name));
  const required = new Set([...(model.identity.group ?? []), ...(model.identity.key ?? [])]);
  const most = mostRows(bytes);
  const builders = wanted.map((contract) => {
    // A feature that is part of an identity may be missing, as any feature: that is a value there.
    const identifies = required.has(contract.name) && contract.role !== 'feature';
    const needed = contract.role === 'target' || identifies;
    return builderOf(contract, { file, required: needed, mostMissing, most });
  });
  let header: readonly string[] = [];
  let rows = 0;
  scanCsv(
    bytes,
    file,
    (names) => {
      header = names;
      const positions = wanted.map((contract) => {
        const position = names.indexOf(contract.name);
        if (position !== -1) return position;
        const what = contract.role === 'target' ? 'is the target and is absent' : 'is absent';
        return refuse(file, { row: 0, column: contract.name }, what);
      });
      return (cells, row) => {
        for (let i = 0; i < positions.length; i += 1) {
          builders[i]?.add(cells[positions[i] ?? 0] ?? '', row);
        }
        rows = row + 1;
      };
    },
    { checkHeader: headerOfSchema(file, folder) },
  );
  const columns = builders.map((builder) => builder.finish(rows));
  const unknown = header.filter((name) => !known.has(name));
  return labelled({ file, rows, columns, unknown }, model);
}

/** A table with its labels. Throws `DataInvalid`: one class, the positive class absent. */
export function labelled(
  table: Omit<DataTable, 'labels' | 'positives'>,
  model: Pick<ModelDocument, 'target' | 'positive'>,
): DataTable {
  const { file, rows, columns } = table;
  const target = columns.find((c) => c.contract.role === 'target');
  if (target === undefined)
    return refuse(file, { column: model.target }, 'is the target and is absent');
  const labels = new Uint8Array(rows);
  let positives = 0;
  for (let row = 0; row < rows; row += 1) {
    if (target.text(row) !== model.positive) continue;
    labels[row] = 1;
    positives += 1;
  }
  if (positives === 0) {
    const one = target.distinct() === 1 ? 'holds one class only, and ' : '';
    refuse(file, { column: model.target }, `${one}never holds the positive class of model.json`);
  }
  if (positives === labels.length) {
    refuse(file, { column: model.target }, 'holds one class only: every row is positive');
  }
  return { ...table, labels, positives };
}

interface Builder {
  add(cell: string, row: number): void;
  finish(rows: number): DataColumn;
}

function builderOf(
  contract: ColumnContract,
  how: {
    readonly file: string;
    readonly required: boolean;
    readonly mostMissing: number;
    readonly most: number;
  },
): Builder {
  const { file, required, mostMissing, most } = how;
  const fail = (row: number, what: string): never =>
    refuse(file, { row: row + 1, column: contract.name }, what);
  let missing = 0;
  let firstMissing = 0;
  const miss = (row: number): void => {
    if (required) {
      fail(
        row,
        contract.role === 'target' ? 'the target is missing' : 'the row’s identity is missing',
      );
    }
    if (missing === 0) firstMissing = row;
    missing += 1;
  };
  const checkMissing = (rows: number): void => {
    if (contract.role !== 'feature' || missing <= rows * mostMissing) return;
    const what =
      missing === rows
        ? 'is missing in every row'
        : `is missing in ${missing} of ${rows} rows, and more than 60 % is refused`;
    fail(firstMissing, what);
  };

  if (contract.type === 'number') {
    const all = new Float64Array(most);
    return {
      add(cell, row) {
        const value = parseNumber(cell);
        if (value === undefined) {
          const infinite =
            INFINITE.test(cell.trim()) || Math.abs(Number(cell)) === Number.POSITIVE_INFINITY;
          return fail(row, infinite ? 'is infinite' : 'is not a number');
        }
        if (Number.isNaN(value)) miss(row);
        all[row] = value;
      },
      finish(rows) {
        checkMissing(rows);
        return numberColumn(contract, all.subarray(0, rows), missing);
      },
    };
  }
  const all = new Int32Array(most);
  const codeOf = new Map<string, number>();
  return {
    add(cell, row) {
      const text = cell.trim();
      if (isMissing(text)) {
        miss(row);
        all[row] = -1;
        return;
      }
      let code = codeOf.get(text);
      if (code === undefined) {
        if (contract.type === 'date' && !isDate(text)) fail(row, 'is not a date (YYYY-MM-DD)');
        code = codeOf.size;
        codeOf.set(text, code);
      }
      all[row] = code;
    },
    finish(rows) {
      checkMissing(rows);
      return codedColumn(contract, all.subarray(0, rows), [...codeOf.keys()], missing);
    },
  };
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

/** The canonical texts of a row (0-based) in the schema's order. */
export function cellsOf(table: DataTable, row: number): string[] {
  return table.columns.map((c) => c.text(row));
}

/** The same of some rows, one array a row. */
export function* textRows(table: DataTable, rows: Iterable<number>): Generator<string[]> {
  for (const row of rows) yield cellsOf(table, row);
}

export function headerOf(table: DataTable): string[] {
  return table.columns.map((c) => c.contract.name);
}
