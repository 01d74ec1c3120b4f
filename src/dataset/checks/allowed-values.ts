import { allowedTexts } from '../read-table.ts';
import { type ColumnCheck, wrongRows } from './data-check.ts';

/** A text is none of the column's values. */
export const allowedValues: ColumnCheck = {
  name: 'values',
  looksAt: 'column',
  mode: 'refuses',
  spoils: 'cells',
  find(of) {
    const { contract, text } = of.column;
    if (contract.values === undefined) return [];
    const allowed = new Set([...allowedTexts(contract, contract.values, of.rules), '']);
    const limit = `one of ${contract.values.length} values`;
    return wrongRows(of, limit, (row) => !allowed.has(text(row)));
  },
};
