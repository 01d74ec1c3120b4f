import { readFileSync } from 'node:fs';
import { isMissing } from '#learning/cells.ts';
import type { Column, Table } from '#learning/table.ts';

/** A CSV of the repository whose fields hold no comma, as a table; `levels` gives the levels of categories. */
export function readTableOf(
  path: string,
  target: string,
  positive: string,
  levels: Readonly<Record<string, readonly string[]>> = {},
): { table: Table; labels: Uint8Array } {
  const text = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  const [header = [], ...rows] = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(',').map((cell) => cell.replace(/^"|"$/g, '')));
  const cells = (name: string): string[] => rows.map((row) => row[header.indexOf(name)] ?? '');
  const columns = header
    .filter((name) => name !== target)
    .map((name): Column => {
      const known = levels[name];
      if (known !== undefined) {
        const codes = Int32Array.from(cells(name), (cell) => known.indexOf(cell));
        return { kind: 'categorical', name, codes, levels: known };
      }
      const values = Float64Array.from(cells(name), (cell) =>
        isMissing(cell) ? Number.NaN : Number(cell),
      );
      return { kind: 'numeric', name, values };
    });
  const labels = Uint8Array.from(cells(target), (cell) => (cell === positive ? 1 : 0));
  return { table: { rows: rows.length, columns }, labels };
}

/** test/fixtures/credit.csv: 4,454 × 13, positive where the status is bad. */
export function credit(levels: Readonly<Record<string, readonly string[]>>) {
  return readTableOf('test/fixtures/credit.csv', 'Status', 'bad', levels);
}
