/** Some of many rows, the same ones each time: for what would take too long on all. */
import { selectRows, type Table } from '../learning/table.ts';

/** At most so many rows; all, where these lack a class. */
export function someOf(
  table: Table,
  labels: Uint8Array,
  most: number,
): { readonly table: Table; readonly labels: Uint8Array } {
  const rows = evenly(table.rows, most);
  const some = Uint8Array.from(rows, (row) => labels[row] ?? 0);
  return new Set(some).size < 2
    ? { table, labels }
    : { table: selectRows(table, rows), labels: some };
}

/** At most so many of `rows` rows, at even distances. */
export function evenly(rows: number, most: number): Int32Array {
  const n = Math.min(most, rows);
  return new Int32Array(n).map((_, i) => Math.floor((i * rows) / n));
}
