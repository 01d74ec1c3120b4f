/** Finds a model that labels every row alike, positive or negative, and so distinguishes none. */
import * as z from 'zod';
import { GATE_FIELDS, type Judgement, policyGate } from './gate-kind.ts';

/** Without a gate in the policy it warns. The AUC says nothing of the threshold, and so may be high. */
export const bothLabels = policyGate({
  kind: 'both-labels',
  measurements: [],
  policy: z.strictObject({ kind: z.literal('both-labels'), ...GATE_FIELDS }),
  standing: { since: 3, gate: { kind: 'both-labels', name: 'both-labels', mode: 'warn' } },
  judge({ challenger: { confusion, threshold } }, { name, mode }): Judgement {
    // Unusable scores have no confusion, and the comparison says so.
    if (mode === 'off' || confusion === null) return {};
    const of = (...cells: readonly (keyof typeof confusion)[]): number =>
      cells.reduce((sum, cell) => sum + confusion[cell], 0);
    const positive = of('truePositives', 'falsePositives');
    const rows = positive + of('trueNegatives', 'falseNegatives');
    const passed = positive > 0 && positive < rows;
    const called = passed
      ? `${positive} of ${rows} holdout rows`
      : `${positive === 0 ? 'none' : 'each'} of the ${rows} holdout rows`;
    const message = `at its threshold ${threshold.toFixed(4)} the model calls ${called} positive`;
    return { checks: [{ name, mode, passed, message }] };
  },
});
