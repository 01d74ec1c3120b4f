import type { SplitCheck } from './data-check.ts';

/** Under a split by time, rows that neither train nor judge. */
export const leftOut: SplitCheck = {
  name: 'left-out',
  looksAt: 'split',
  mode: 'tells',
  find({ time }) {
    if (time === undefined || time.leftOut.length === 0) return [];
    const { from } = time.window;
    const limit = `rows whose group is on the other side of ${from} neither train nor judge; split.returning lets groups judge that were there before`;
    return [{ column: null, count: time.leftOut.length, rows: [...time.leftOut], limit }];
  },
};
