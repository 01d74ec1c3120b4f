/** The tables that models are trained on and score: the examples, a credit table, one made up. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readCsv } from '#dataset/csv.ts';
import { featureTable } from '#dataset/feature-table.ts';
import { readTable } from '#dataset/read-table.ts';
import { isMissing, parseNumber } from '#learning/cells.ts';
import { substream } from '#learning/random.ts';
import type { Column, Table } from '#learning/table.ts';
import { readFolder } from '#model-folder/read.ts';
const PROJECT = resolve(import.meta.dirname, '../..');

/** A table with two numbers and two categories by name, for interactions. */
export interface NamedTable {
  readonly name: string;
  readonly table: Table;
  readonly labels: Uint8Array;
  readonly numbers: readonly [string, string];
  /** Null where the table has no categories. */
  readonly categories: readonly [string, string] | null;
}

export function folderTable(
  name: string,
  csv: Uint8Array,
  numbers: NamedTable['numbers'],
  categories: NamedTable['categories'],
): NamedTable {
  const documents = ['model.json', 'schema.json', 'policy.json'].map((file) => [
    file,
    readFileSync(join(PROJECT, 'models', name, file), 'utf8'),
  ]);
  const folder = readFolder(Object.fromEntries(documents));
  const table = readTable(csv, `${name}.csv`, folder);
  return { name, table: featureTable(table), labels: table.labels, numbers, categories };
}

export function creditTable(): NamedTable {
  const bytes = readFileSync(join(PROJECT, 'test/fixtures/credit.csv'));
  const { header, rows } = readCsv(bytes, 'credit.csv');
  const target = header.indexOf('Status');
  const columns = header.flatMap((name, at): Column[] => {
    if (at === target) return [];
    const cells = rows.map((row) => row[at]!);
    if (cells.every((cell) => parseNumber(cell) !== undefined)) {
      return [{ kind: 'numeric', name, values: Float64Array.from(cells, (c) => parseNumber(c)!) }];
    }
    return [
      categorical(
        name,
        cells.map((cell) => (isMissing(cell) ? null : cell)),
      ),
    ];
  });
  return {
    name: 'credit',
    table: { rows: rows.length, columns },
    labels: Uint8Array.from(rows, (row) => (row[target] === 'bad' ? 1 : 0)),
    numbers: ['Income', 'Amount'],
    categories: ['Home', 'Job'],
  };
}

/** Three numbers and three categories, at least 10 % missing a column. */
export function generatedTable(): NamedTable {
  const rows = 2400;
  const random = substream(5, 'agreement');
  const draw = <T>(of: () => T): (T | null)[] =>
    Array.from({ length: rows }, () => (random.nextFloat() < 0.13 ? null : of()));
  const numeric = (name: string, of: () => number): Column => ({
    kind: 'numeric',
    name,
    values: Float64Array.from(draw(of), (value) => value ?? Number.NaN),
  });
  const levels = ['north', 'east', ' south', 'west×east', '1', 'true', 'été', '日本'];
  const columns = [
    numeric('normal', () => random.nextNormal()),
    numeric('whole', () => random.nextInt(12) - 4),
    numeric('wide', () => Math.exp(8 * random.nextNormal())),
    ...['place', 'kind', 'a "quoted", name'].map((name, i) =>
      categorical(
        name,
        draw(() => levels[random.nextInt(levels.length - i)]!.trim()),
      ),
    ),
  ];
  const [normal, whole, , place] = columns;
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    const x = (normal as { values: Float64Array }).values[row]!;
    const n = (whole as { values: Float64Array }).values[row]!;
    const code = (place as { codes: Int32Array }).codes[row]!;
    const odds = (Number.isNaN(x) ? 0.4 : 1.5 * x) + (n > 2 ? 1 : -0.6) + (code % 3) - 1;
    return random.nextFloat() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
  });
  return {
    name: 'generated',
    table: { rows, columns },
    labels,
    numbers: ['normal', 'whole'],
    categories: ['place', 'kind'],
  };
}

function categorical(name: string, cells: readonly (string | null)[]): Column {
  const levels = [...new Set(cells)].filter((cell) => cell !== null).sort();
  const codes = Int32Array.from(cells, (cell) => (cell === null ? -1 : levels.indexOf(cell)));
  return { kind: 'categorical', name, codes, levels };
}

type Cell = string | number | null;
export interface ScoredColumn {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  readonly cells: readonly Cell[];
}

/** Rows that didn't train, with more cells missing and every tenth category cell unseen. */
export function rowsToScore(table: Table, rows: Int32Array, seed: number): readonly ScoredColumn[] {
  const random = substream(seed, 'agreement-rows');
  return table.columns.map((column) => ({
    name: column.name,
    kind: column.kind,
    cells: Array.from(rows, (row) => {
      const chance = random.nextFloat();
      if (chance < 0.05) return null;
      if (column.kind === 'numeric') {
        const value = column.values[row]!;
        // Between two whole numbers a bin may end: a cell that lies on its edge belongs to it.
        if (chance > 0.8 && Number.isInteger(value)) return value + 0.5;
        return Number.isNaN(value) ? null : value;
      }
      if (chance < 0.15) return `never seen ${random.nextInt(3)}`;
      return column.levels[column.codes[row]!] ?? null;
    }),
  }));
}
