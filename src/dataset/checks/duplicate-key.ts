import { repeatedRows } from '../first-equal.ts';
import { columnOf } from '../read-table.ts';
import type { TableCheck } from './data-check.ts';

/** Two rows have the same key. */
export const duplicateKey: TableCheck = {
  name: 'duplicate-key',
  looksAt: 'table',
  mode: 'refuses',
  spoils: 'rows',
  find({ table, folder }) {
    const { key } = folder.model.identity;
    if (key === undefined) return [];
    const rows = repeatedRows(
      key.map((name) => columnOf(table, name)),
      table.rows,
    );
    const column = key.join(', ');
    return rows.length === 0
      ? []
      : [{ column, count: rows.length, rows, limit: 'a key stands once' }];
  },
};
