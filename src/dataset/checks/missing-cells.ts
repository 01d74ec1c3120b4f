import { type ColumnCheck, wrongRows } from './data-check.ts';

/** What a column may lack where the schema says nothing. */
const DEFAULT_MAX_MISSING = 0.05;

/** More cells are missing than the column may lack. */
export const missingCells: ColumnCheck = {
  name: 'missing',
  looksAt: 'column',
  mode: 'refuses',
  find(of) {
    const { contract, missing, text } = of.column;
    const most = contract.maxMissing ?? DEFAULT_MAX_MISSING;
    if (missing <= of.rows * most) return [];
    const limit = `at most ${(most * 100).toFixed(1)} % of the cells`;
    return wrongRows(of, limit, (row) => text(row) === '');
  },
};
