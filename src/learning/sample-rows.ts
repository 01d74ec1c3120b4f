/** Some of many rows, the same ones each time: for what would take too long on all. */
import { rowsWhere } from './folds.ts';
import { selectRows, type Table } from './table.ts';

/** At most so many rows; half of each class, where rows at even distances would lack the rarer one. */
export function someOf(
  table: Table,
  labels: Uint8Array,
  most: number,
): { readonly table: Table; readonly labels: Uint8Array } {
  const labelsOf = (rows: Int32Array): Uint8Array =>
    Uint8Array.from(rows, (row) => labels[row] ?? 0);
  let rows = evenly(table.rows, most);
  if (new Set(labelsOf(rows)).size < 2) {
    const halves = [0, 1].map((label) => {
      const all = rowsWhere(labels, (l) => l === label);
      return Array.from(evenly(all.length, Math.floor(most / 2)), (i) => all[i] ?? 0);
    });
    rows = Int32Array.from(halves.flat()).sort();
  }
  return { table: selectRows(table, rows), labels: labelsOf(rows) };
}

/** At most so many of `rows` rows, at even distances. */
export function evenly(rows: number, most: number): Int32Array {
  const n = Math.min(most, rows);
  return new Int32Array(n).map((_, i) => Math.floor((i * rows) / n));
}
