/** The engine's columns of a data table. */
import type { CategoricalColumn, Column, Table } from '#learning/table.ts';
import type { DataColumn } from './data-column.ts';
import type { DataTable } from './read-table.ts';

/**
 * The feature columns as the engine takes them: numbers with NaN for missing, categories as codes
 * into their levels in code-unit order, −1 for missing. A level that training never saw is the
 * artifact's business.
 */
export function featureTable(
  table: DataTable,
  options: { readonly drop?: ReadonlySet<string> } = {},
): Table {
  const columns = table.columns
    .filter((c) => c.contract.role === 'feature' && !options.drop?.has(c.contract.name))
    .map((column) =>
      column.contract.type === 'number'
        ? ({ kind: 'numeric', name: column.contract.name, values: column.numbers } satisfies Column)
        : categorical(column),
    );
  return { rows: table.rows, columns };
}

/** Feature columns whose cells are all alike (missing counts as a value): nothing to train on. */
export function constantColumns(table: DataTable): string[] {
  return table.columns
    .filter((c) => c.contract.role === 'feature' && isConstant(c))
    .map((c) => c.contract.name);
}

function isConstant({ numbers, codes }: DataColumn): boolean {
  return (
    numbers.every((n) => Object.is(n, numbers[0]) || n === numbers[0]) &&
    codes.every((code) => code === codes[0])
  );
}

function categorical(column: DataColumn): CategoricalColumn {
  const levels = [...column.levels].sort();
  const codeOf = new Map(levels.map((level, code) => [level, code]));
  const codes = Int32Array.from(column.levels, (level) => codeOf.get(level) ?? -1);
  return {
    kind: 'categorical',
    name: column.contract.name,
    codes: column.codes.map((code) => codes[code] ?? -1),
    levels,
  };
}
