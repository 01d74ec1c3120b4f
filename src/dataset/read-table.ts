/** A CSV read against the schema: typed columns in the schema's order, in one canonical text. */
import type { ModelDocument } from '#contracts/folder/model.ts';
import type { ColumnContract } from '#contracts/folder/schema.ts';
import { type Cell, levelText, type ReadRules } from '#learning/cells.ts';
import { type CellOutcome, type LevelForm, levelReader, numberReader } from './column-reader.ts';
import { dayReader } from './date-forms.ts';
import { findSeparator, type HeaderCheck, mostRows, scanCsv, separatorName } from './csv.ts';
import { canonicalRulesOf, type ReadContract, readRulesOf } from './read-rules.ts';
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
  /** The canonical text of the positive class. */
  readonly positive: string;
  readonly positives: number;
  /** Columns of the file that the schema doesn't know: left out. */
  readonly unknown: readonly string[];
}

/** What a folder says about reading its table. */
export interface TableRules {
  readonly model: Pick<ModelDocument, 'target' | 'positive' | 'identity'> &
    Partial<Pick<ModelDocument, 'split'>>;
  readonly schema: ReadContract;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Above this share of missing cells a feature says nothing: refused whatever the schema's mode. */
export const MOST_MISSING = 0.6;

/**
 * Reads and refuses what is never a table of this model; soft limits are the checks'.
 *
 * Row numbers are 1-based among the data rows (the header is row 0). Throws `DataInvalid`: a column of
 * the schema absent, a cell of another type, Infinity, a missing target or identity, a feature above
 * 60 % missing, one class, the positive class absent, a value of the target that the schema doesn't list.
 */
export function readTable(bytes: Uint8Array, file: string, folder: TableRules): DataTable {
  const rules = readRulesOf(folder.schema);
  const table = typeTable(bytes, file, folder, { rules, mostMissing: MOST_MISSING });
  checkTargetValues(table, rules);
  return table;
}

/** A new value of the target would count as not positive, whatever it means. */
function checkTargetValues({ file, columns }: DataTable, rules: ReadRules | null): void {
  const target = columns.find((c) => c.contract.role === 'target');
  const { values } = target?.contract ?? {};
  if (target === undefined || values === undefined) return;
  const known = new Set(allowedTexts(target.contract, values, rules));
  const allowed = target.levels.map((level) => known.has(level));
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
 * Reads training or holdout rows that were prepared from a table, and so are written canonically: as
 * `readTable`, but a part of a table may by chance lack more of a column than the whole did.
 */
export function readPart(bytes: Uint8Array, file: string, folder: TableRules): DataTable {
  const rules = canonicalRulesOf(folder.schema);
  return typeTable(bytes, file, folder, { rules, mostMissing: 1, isCanonical: true });
}

function withoutForm({ form: _form, ...contract }: ColumnContract): ColumnContract {
  return contract;
}

/** A first line that names no column of the schema is a row of data, or is separated otherwise. */
function headerOfSchema(bytes: Uint8Array, file: string, { schema }: TableRules): HeaderCheck {
  const known = new Set(schema.columns.map((c) => c.name));
  return (header) => {
    if (header.some((name) => known.has(name))) return;
    const other = findSeparator(bytes, (name) => known.has(name));
    const hint =
      other === undefined
        ? ''
        : `; separated by ${separatorName(other)} it would: set read.separator`;
    refuse(file, { row: 0 }, `has no header: it names none of the schema’s columns${hint}`);
  };
}

function typeTable(
  bytes: Uint8Array,
  file: string,
  folder: TableRules,
  how: {
    readonly rules: ReadRules | null;
    readonly mostMissing: number;
    readonly isCanonical?: boolean;
  },
): DataTable {
  const { model, schema } = folder;
  const { rules, mostMissing, isCanonical = false } = how;
  const wanted = schema.columns.filter((c) => c.role !== 'ignored');
  const known = new Set(schema.columns.map((c) => c.name));
  const required = new Set([...(model.identity.group ?? []), ...(model.identity.key ?? [])]);
  const most = mostRows(bytes);
  const builders = wanted.map((written) => {
    // What was prepared holds days in ISO 8601.
    const contract = isCanonical ? withoutForm(written) : written;
    // A feature that is part of an identity may be missing, as any feature: that is a value there.
    const identifies = required.has(contract.name) && contract.role !== 'feature';
    const orders = model.split?.by === 'time' && contract.name === model.identity.time;
    const needed = contract.role === 'target' || identifies || orders;
    return builderOf(contract, { file, rules, required: needed, mostMissing, most });
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
    { separator: rules?.separator, checkHeader: headerOfSchema(bytes, file, folder) },
  );
  const columns = builders.map((builder) => builder.finish(rows));
  const unknown = header.filter((name) => !known.has(name));
  return labelled({ file, rows, columns, unknown }, model, rules);
}

/** A table with its labels. Throws `DataInvalid`: one class, the positive class absent. */
export function labelled(
  table: Omit<DataTable, 'labels' | 'positive' | 'positives'>,
  model: Pick<ModelDocument, 'target' | 'positive'>,
  rules: ReadRules | null,
): DataTable {
  const { file, rows, columns } = table;
  const target = columns.find((c) => c.contract.role === 'target');
  if (target === undefined)
    return refuse(file, { column: model.target }, 'is the target and is absent');
  const positive = rules === null ? model.positive : levelText(model.positive, rules, model.target);
  const labels = new Uint8Array(rows);
  let positives = 0;
  for (let row = 0; row < rows; row += 1) {
    if (target.text(row) !== positive) continue;
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
  return { ...table, labels, positive, positives };
}

interface Builder {
  add(cell: string, row: number): void;
  finish(rows: number): DataColumn;
}

function builderOf(
  contract: ColumnContract,
  how: {
    readonly file: string;
    readonly rules: ReadRules | null;
    readonly required: boolean;
    readonly mostMissing: number;
    readonly most: number;
  },
): Builder {
  const { file, rules, required, mostMissing, most } = how;
  const fail = (row: number, what: string): never =>
    refuse(file, { row: row + 1, column: contract.name }, what);
  let missing = 0;
  let firstMissing = 0;
  const miss = (row: number): void => {
    if (required) {
      fail(row, whyNeeded(contract));
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

  const take = (outcome: CellOutcome, row: number): void => {
    if (outcome === 'missing') miss(row);
    else if (outcome !== 'read') fail(row, outcome.refused);
  };
  if (contract.type === 'number') {
    const reader = numberReader(rules, contract.name, most);
    return {
      add: (cell, row) => take(reader.add(cell, row), row),
      finish(rows) {
        checkMissing(rows);
        return numberColumn(contract, reader.numbers.subarray(0, rows), missing);
      },
    };
  }
  const reader = levelReader(rules, contract.name, most, formOf(contract));
  return {
    add: (cell, row) => take(reader.add(cell, row), row),
    finish(rows) {
      checkMissing(rows);
      return codedColumn(contract, reader.codes.subarray(0, rows), reader.levels, missing);
    },
  };
}

function whyNeeded({ role }: ColumnContract): string {
  if (role === 'target') return 'the target is missing';
  if (role === 'time') return 'the row’s time is missing, and it says which rows judge';
  return 'the row’s identity is missing';
}

/** A date's level is its day as ISO 8601, in whatever form the table writes it. */
function formOf({ type, form }: ColumnContract): LevelForm | undefined {
  if (type !== 'date') return undefined;
  const refused = { refused: `is not a date (${form ?? 'YYYY-MM-DD'})` };
  if (form === undefined) return (level) => (isDate(level) ? level : refused);
  const read = dayReader(form);
  return (level) => read(level) ?? refused;
}

/** The canonical texts of the values that a contract allows. */
export function allowedTexts(
  { name }: ColumnContract,
  values: readonly string[],
  rules: ReadRules | null,
): string[] {
  return rules === null ? [...values] : values.map((value) => levelText(value, rules, name));
}

/** The target's other value, as schema.json writes it, where it lists two or the target is a boolean. */
export function negativeOf({ model, schema }: TableRules): string | undefined {
  const target = schema.columns.find(({ role }) => role === 'target');
  if (target === undefined) return undefined;
  const rules = readRulesOf(schema);
  const values = target.type === 'boolean' ? ['true', 'false'] : (target.values ?? []);
  const byText = new Map(values.map((value) => [allowedTexts(target, [value], rules)[0], value]));
  const isListed = byText.delete(allowedTexts(target, [model.positive], rules)[0]);
  return isListed && byText.size === 1 ? [...byText.values()][0] : undefined;
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

/** A row (0-based) as a client would send it: numbers, texts, and null where a cell is missing. */
export function recordOf(table: DataTable, row: number): Readonly<Record<string, Cell>> {
  return Object.fromEntries<Cell>(
    table.columns.map(({ contract, numbers, text }): [string, Cell] => {
      if (contract.type !== 'number') return [contract.name, text(row) || null];
      const value = numbers[row] ?? Number.NaN;
      return [contract.name, Number.isNaN(value) ? null : value];
    }),
  );
}

/** The same of some rows, one array a row. */
export function* textRows(table: DataTable, rows: Iterable<number>): Generator<string[]> {
  for (const row of rows) yield cellsOf(table, row);
}

export function headerOf(table: DataTable): string[] {
  return table.columns.map((c) => c.contract.name);
}
