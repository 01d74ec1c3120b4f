/** That no group judges a model which was trained on it. */
import * as z from 'zod';
import { type Check, type Judgement, measurement, standingGate } from './gate-kind.ts';
import { unmeasured } from './verdict.ts';

export const holdoutUnseen = measurement(
  'holdoutUnseen',
  z.object({
    /** Of the holdout. */
    groups: z.number(),
    /** Those among them that challenger or champion was trained on. */
    trained: z.number(),
  }),
);

/** Evidence of version 1 says it in its own words, as a check beside others. */
export const checks = measurement(
  'checks',
  z.array(
    z.object({
      name: z.string(),
      mode: z.enum(['warn', 'enforce']),
      passed: z.boolean(),
      message: z.string(),
    }),
  ),
);

export const holdoutUnseenGate = standingGate({
  kind: 'holdout-unseen',
  role: 'condition',
  measurements: [holdoutUnseen, checks],
  since: 1,
  judge({ measurements }): Judgement {
    const recorded = measurements.checks ?? [];
    const found = measurements.holdoutUnseen;
    if (found !== undefined) {
      const { groups, trained } = found;
      const check: Check = {
        name: 'holdout-unseen',
        mode: 'enforce',
        passed: trained === 0,
        message: `${trained === 0 ? 'none' : trained} of ${groups} holdout groups trained challenger or champion`,
      };
      return { checks: [check, ...recorded] };
    }
    if (measurements.checks !== undefined) return { checks: recorded };
    const reason = 'whether a holdout group trained challenger or champion was not measured';
    return { rulings: [unmeasured('enforce', reason)] };
  },
});
