import type { ColumnCheck } from './data-check.ts';

/** A feature says the same in every row. */
export const constantColumn: ColumnCheck = {
  name: 'constant',
  looksAt: 'column',
  mode: 'tells',
  find({ column: { contract }, distinct, rows }) {
    if (distinct !== 1 || contract.role !== 'feature') return [];
    return [{ column: contract.name, count: rows, limit: 'a constant column is dropped' }];
  },
};
