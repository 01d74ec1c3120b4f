import type { SplitCheck } from './data-check.ts';

/** A share more than half off what was asked: few groups, or some that hold much of the table. */
const SHARE_TOLERANCE = 0.5;

/** Much more or less is held out than model.json asks for. */
export const holdoutShare: SplitCheck = {
  name: 'holdout-share',
  looksAt: 'split',
  mode: 'tells',
  find({ table, folder, holdoutSide, groups, time }) {
    const { holdout: asked } = folder.model.split;
    const share = holdoutSide.length / table.rows;
    if (Math.abs(share - asked) <= asked * SHARE_TOLERANCE) return [];
    const whole =
      time === undefined
        ? `whole groups are: there are ${groups}`
        : `whole days are, but for groups that were there before: ${time.window.from} to ${time.window.until}`;
    const limit = `model.json asks for ${(asked * 100).toFixed(1)} % to be held out, and ${whole}`;
    return [{ column: null, count: holdoutSide.length, limit }];
  },
};
