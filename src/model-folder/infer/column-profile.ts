/** What a column's cells are, before anybody says what they mean. */
import {
  mostRows,
  namesInFirstLine,
  type RowReader,
  scanCsv,
  separatorName,
  SEPARATORS,
} from '#dataset/csv.ts';
import { refuse } from '#dataset/refusal.ts';
import { type Texts, UndecidedColumn } from '#dataset/undecided-column.ts';
import { numberTexts, plainNumberTexts, type ReadRules } from '#learning/cells.ts';
import { namesIdentifier } from '#dataset/column-names.ts';

export interface ColumnProfile {
  readonly name: string;
  readonly rows: number;
  /** Cells that aren't missing. */
  readonly present: number;
  /** The first row (0-based) whose cell is missing; −1 where none is. */
  readonly firstMissing: number;
  /** Cells that are numbers, infinite ones too. */
  readonly numericOrInfinite: number;
  /** Numbers that are written with a zero before another digit: 007. */
  readonly leadingZeros: number;
  /** Whether numbers end in zeros behind the point though not all have as many places: 250.0, 250.00. */
  readonly hasLooseZeros: boolean;
  /** One number a row, NaN where it is missing; null where a cell is no number. */
  readonly numbers: Float64Array | null;
  /** Null for many numbers, whose texts weren't kept. */
  readonly texts: Texts | null;
}

/**
 * Reads a table's columns by rules; `plainly` takes plain decimals alone for numbers. Throws `DataInvalid`
 * as `scanCsv` does, and where the target is absent.
 */
export function profileColumns(
  csv: Uint8Array,
  of: { readonly file: string; readonly target: string },
  rules: ReadRules,
  plainly = false,
): UndecidedColumn[] {
  const { file, target } = of;
  const most = mostRows(csv);
  let columns: UndecidedColumn[] = [];
  const open = (header: readonly string[]): RowReader => {
    columns = header.map((name) => {
      const keepsTexts = name === target || namesIdentifier(name) !== 'no';
      const numberOf = plainly ? plainNumberTexts(rules) : numberTexts(rules, name);
      return new UndecidedColumn(name, { most, rules, numberOf, keepsTexts });
    });
    return (cells, row) => {
      columns.forEach((column, i) => {
        column.add(cells[i] ?? '', row);
      });
    };
  };
  scanCsv(csv, file, open, {
    separator: rules.separator,
    checkHeader: (header) => {
      if (header.includes(target)) return;
      refuse(
        file,
        { row: 0, column: target },
        `is the target and is absent${otherwise(csv, header)}`,
      );
    },
  });
  return columns;
}

/** Where the whole header is one name, another separator may divide it. */
function otherwise(csv: Uint8Array, header: readonly string[]): string {
  if (header.length > 1) return '';
  const counts = SEPARATORS.map(
    (separator) => [separator, namesInFirstLine(csv, separator)?.length ?? 0] as const,
  );
  const [separator, columns] = counts.toSorted((a, b) => b[1] - a[1])[0] ?? [',', 0];
  return columns < 2
    ? ''
    : `: separated by ${separatorName(separator)} there are ${columns} columns`;
}

/** Of a column of whole numbers; null where it holds anything else. */
export interface WholeNumbers {
  readonly min: number;
  readonly max: number;
  readonly distinct: number;
  /** Each above the one before it, in the file's order. */
  readonly ascending: boolean;
  /** Each one more than the one before it. */
  readonly running: boolean;
}

/** Missing cells count for nothing here. */
export function wholeNumbersOf({ numbers, present }: ColumnProfile): WholeNumbers | null {
  if (numbers === null || present === 0) return null;
  const all = new Float64Array(present);
  let count = 0;
  let ascending = true;
  let running = true;
  let before = Number.NaN;
  for (const number of numbers) {
    if (Number.isNaN(number)) continue;
    if (!Number.isInteger(number)) return null;
    if (count > 0) {
      ascending &&= number > before;
      running &&= number === before + 1;
    }
    before = number;
    all[count] = number;
    count += 1;
  }
  const [first, last] = [all[0] ?? 0, all[count - 1] ?? 0];
  if (ascending) return { min: first, max: last, distinct: count, ascending, running };
  all.sort();
  let distinct = 1;
  for (let i = 1; i < count; i += 1) if (all[i] !== all[i - 1]) distinct += 1;
  return { min: all[0] ?? 0, max: all[count - 1] ?? 0, distinct, ascending, running };
}

/** How many different cells a column has, as far as that says something: of broken numbers it isn't counted. */
export function distinctOf(column: ColumnProfile): number | null {
  return column.texts?.levels.length ?? wholeNumbersOf(column)?.distinct ?? null;
}
