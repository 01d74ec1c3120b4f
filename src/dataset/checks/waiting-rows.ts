import type { SplitCheck } from './data-check.ts';

/** Under a split by time, rows that are later than the window that judges. */
export const waitingRows: SplitCheck = {
  name: 'waiting-rows',
  looksAt: 'split',
  mode: 'tells',
  find({ table, folder, time }) {
    if (time === undefined || time.waiting.length === 0) return [];
    const share = (folder.model.split.holdout * 100).toFixed(1);
    const limit = `rows later than ${time.window.until} wait for the next window, which opens when they are ${share} % of the ${table.rows}`;
    return [{ column: null, count: time.waiting.length, rows: [...time.waiting], limit }];
  },
};
