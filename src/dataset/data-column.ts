/** A column of a table that was read: numbers, or codes into its texts. */
import type { ColumnContract } from '#contracts/folder/schema.ts';
import type { Cells } from './first-equal.ts';

export interface DataColumn extends Cells {
  readonly contract: ColumnContract;
  /**
   * The canonical text of a row (0-based): trimmed, a missing cell empty, a number as JSON writes it (so
   * `1.0` and `1` are the same cell).
   */
  readonly text: (row: number) => string;
  /** The texts of such a column in order of first appearance, each once. */
  readonly levels: readonly string[];
  readonly missing: number;
  /** How many different texts it has; missing counts as one. */
  readonly distinct: () => number;
}

/** @param numbers NaN where one is missing. */
export function numberColumn(
  contract: ColumnContract,
  numbers: Float64Array,
  missing: number,
): DataColumn {
  return {
    contract,
    text: (row) => {
      const value = numbers[row] ?? Number.NaN;
      return Number.isNaN(value) ? '' : String(value === 0 ? 0 : value);
    },
    numbers,
    codes: NO_CODES,
    levels: [],
    missing,
    distinct: () => countDistinct(numbers),
  };
}

/** @param codes −1 where one is missing. */
export function codedColumn(
  contract: ColumnContract,
  codes: Int32Array,
  levels: readonly string[],
  missing: number,
): DataColumn {
  return {
    contract,
    text: (row) => levels[codes[row] ?? -1] ?? '',
    numbers: NO_NUMBERS,
    codes,
    levels,
    missing,
    distinct: () => levels.length + (missing > 0 ? 1 : 0),
  };
}

const NO_NUMBERS = new Float64Array(0);
const NO_CODES = new Int32Array(0);

function countDistinct(numbers: Float64Array): number {
  const sorted = numbers.slice().sort();
  let count = 0;
  let before: number | undefined;
  for (const value of sorted) {
    // NaN, which stands last and is never equal to itself, counts once.
    if (value !== before && !(Number.isNaN(value) && Number.isNaN(before))) count += 1;
    before = value;
  }
  return count;
}
