import { type ColumnCheck, wrongRows } from './data-check.ts';

/** A number is below the column's least or above its greatest. */
export const range: ColumnCheck = {
  name: 'range',
  looksAt: 'column',
  mode: 'refuses',
  spoils: 'cells',
  find(of) {
    const { contract, numbers } = of.column;
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = contract;
    if (contract.type !== 'number') return [];
    if (contract.min === undefined && contract.max === undefined) return [];
    const limit = `from ${contract.min ?? 'any'} to ${contract.max ?? 'any'}`;
    return wrongRows(of, limit, (row) => {
      const value = numbers[row] ?? Number.NaN;
      return value < min || value > max;
    });
  },
};
