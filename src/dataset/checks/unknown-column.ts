import type { TableCheck } from './data-check.ts';

/** The table has a column that the schema hasn't. */
export const unknownColumn: TableCheck = {
  name: 'unknown-column',
  looksAt: 'table',
  mode: 'tells',
  find: ({ table: { unknown, rows } }) =>
    unknown.map((column) => ({
      column,
      count: rows,
      limit: 'a column that the schema doesn’t name is left out',
    })),
};
