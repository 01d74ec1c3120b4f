/** What a check of the data is: what it looks at, whether it may refuse a table, how it looks, its words. */
import type { Folder } from '#contracts/folder/charter.ts';
import type { ReadRules } from '#learning/cells.ts';
import type { DataColumn } from '../data-column.ts';
import type { DataTable } from '../read-table.ts';
import type { TimeSides } from '../sides.ts';

/** What a check found wrong. */
export interface Found {
  /** Null where it is about whole rows. */
  readonly column: string | null;
  /** Cells or rows concerned. */
  readonly count: number;
  /** Absent: the count, of the table's rows. */
  readonly share?: number;
  /** Rows concerned, 0-based among the data rows; absent where every row is. */
  readonly rows?: readonly number[];
  /** What is allowed, in words without values. */
  readonly limit: string;
}

interface OfColumn {
  readonly column: DataColumn;
  /** Distinct cells, a missing one among them. */
  readonly distinct: number;
  readonly rows: number;
  /** How the data contract reads cells. */
  readonly rules: ReadRules | null;
}

interface OfTable {
  readonly table: DataTable;
  readonly folder: Folder;
}

/** The table, parted in training and holdout. */
interface OfSplit extends OfTable {
  /** Rows of the table (0-based) on the holdout's side. */
  readonly holdoutSide: Int32Array;
  /** A whole number a row, the same for the rows of one group; how many there are. */
  readonly groupOf: Int32Array;
  readonly groups: number;
  /** Absent where the split is by identity. */
  readonly time?: TimeSides | undefined;
}

interface Check<LooksAt extends string, Of> {
  readonly name: string;
  readonly looksAt: LooksAt;
  /** refuses: under the schema's mode `enforce` · tells: never more than a line. */
  readonly mode: 'refuses' | 'tells';
  /** What it counts lowers the table's quality: as cells, or as rows. */
  readonly spoils?: 'cells' | 'rows';
  readonly find: (of: Of) => readonly Found[];
}

export type ColumnCheck = Check<'column', OfColumn>;
export type TableCheck = Check<'table', OfTable>;
export type SplitCheck = Check<'split', OfSplit>;
export type DataCheck = ColumnCheck | TableCheck | SplitCheck;

/** The rows of a column that a test takes as wrong, as a finding; none where none is. */
export function wrongRows(
  { column, rows }: Pick<OfColumn, 'column' | 'rows'>,
  limit: string,
  isWrong: (row: number) => boolean,
): readonly Found[] {
  const wrong: number[] = [];
  for (let row = 0; row < rows; row += 1) if (isWrong(row)) wrong.push(row);
  return wrong.length === 0
    ? []
    : [{ column: column.contract.name, count: wrong.length, rows: wrong, limit }];
}
