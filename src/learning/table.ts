/** Columns of equal length, in typed arrays. */
import { LearningError } from './errors.ts';

export interface NumericColumn {
  readonly kind: 'numeric';
  readonly name: string;
  /** One number a row; NaN is missing, Infinity is refused. */
  readonly values: Float64Array;
}

export interface CategoricalColumn {
  readonly kind: 'categorical';
  readonly name: string;
  /** One index into `levels` a row; −1 is missing. */
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

export type Column = NumericColumn | CategoricalColumn;

export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** What a split's code can count: 1 + 2 · 32,767 fits two bytes. */
export const MOST_FEATURES = 32_767;

/**
 * Refuses a table whose parts don't fit together.
 *
 * Throws `TableInvalid`, naming the column and the 0-based row: no column or too many, a name twice, a column of
 * another length, Infinity, a code outside its levels, a level twice.
 */
export function checkTable(table: Table): void {
  const refuse = (column: string, what: string): never => {
    throw new LearningError('TableInvalid', `column '${column}' ${what}`, column);
  };
  if (table.columns.length === 0)
    throw new LearningError('TableInvalid', 'the table has no column');
  if (table.columns.length > MOST_FEATURES) {
    const message = `the table has ${table.columns.length} columns: more than ${MOST_FEATURES}`;
    throw new LearningError('TableInvalid', message);
  }
  const names = new Set<string>();
  for (const column of table.columns) {
    if (names.has(column.name)) refuse(column.name, 'stands twice in the table');
    names.add(column.name);
    const cells = column.kind === 'numeric' ? column.values : column.codes;
    if (cells.length !== table.rows) {
      refuse(column.name, `has ${cells.length} rows where the table has ${table.rows}`);
    }
    if (column.kind === 'numeric') {
      for (let row = 0; row < table.rows; row += 1) {
        const value = column.values[row];
        if (value === Infinity || value === -Infinity)
          refuse(column.name, `is infinite in row ${row}`);
      }
    } else {
      if (new Set(column.levels).size !== column.levels.length) {
        refuse(column.name, 'has a level twice');
      }
      for (let row = 0; row < table.rows; row += 1) {
        const code = column.codes[row] ?? -2;
        if (code < -1 || code >= column.levels.length) {
          refuse(column.name, `has a code outside its levels in row ${row}`);
        }
      }
    }
  }
}

/**
 * Refuses labels that a classifier can't be fitted on.
 *
 * `labels` holds 1 for the positive class, else 0. Throws `TableInvalid` on another length or value, and
 * `OneClass` where only one class is there.
 */
export function checkLabels(labels: Uint8Array, rows: number): void {
  if (labels.length !== rows) {
    throw new LearningError('TableInvalid', `${labels.length} labels for ${rows} rows`);
  }
  let positives = 0;
  for (let row = 0; row < rows; row += 1) {
    const label = labels[row] ?? 2;
    if (label > 1)
      throw new LearningError('TableInvalid', `the label of row ${row} is neither 0 nor 1`);
    positives += label;
  }
  if (positives === 0 || positives === rows) {
    throw new LearningError('OneClass', `all ${rows} rows are of one class`);
  }
}

/** The rows of `indices` (0-based, repeats allowed, in that order) as a new table with the same columns. */
export function selectRows(table: Table, indices: Int32Array): Table {
  const rows = indices.length;
  for (let i = 0; i < rows; i += 1) {
    const row = indices[i] ?? -1;
    if (row < 0 || row >= table.rows) {
      throw new LearningError(
        'TableInvalid',
        `row ${row} is outside the table's ${table.rows} rows`,
      );
    }
  }
  const columns = table.columns.map((column): Column => {
    if (column.kind === 'numeric') {
      const values = new Float64Array(rows);
      for (let i = 0; i < rows; i += 1) values[i] = column.values[indices[i] ?? 0] ?? Number.NaN;
      return { kind: 'numeric', name: column.name, values };
    }
    const codes = new Int32Array(rows);
    for (let i = 0; i < rows; i += 1) codes[i] = column.codes[indices[i] ?? 0] ?? -1;
    return { kind: 'categorical', name: column.name, codes, levels: column.levels };
  });
  return { rows, columns };
}
