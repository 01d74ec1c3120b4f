import { neededGroups } from '#gates/enough-groups.ts';
import { judgingGroups } from '#learning/metrics/jackknife.ts';
import type { SplitCheck } from './data-check.ts';

/** Too few groups are held out to judge by. The holdout that is stored can only be a part of these rows. */
export const enoughGroups: SplitCheck = {
  name: 'enough-groups',
  looksAt: 'split',
  mode: 'tells',
  find({ table: { labels }, folder, holdoutSide, groupOf }) {
    const { groups, rarer } = neededGroups(folder.policy.gates);
    const judging = judgingGroups({
      labels: Uint8Array.from(holdoutSide, (row) => labels[row] ?? 0),
      groups: Int32Array.from(holdoutSide, (row) => groupOf[row] ?? 0),
    });
    const ofRarer = Math.min(judging.positive, judging.negative);
    if (judging.all >= groups && ofRarer >= rarer) return [];
    const limit = `${judging.all} groups judge, ${ofRarer} of them with the rarer class: fewer than ${groups}, or ${rarer}, decide nothing, and each verdict is a hold`;
    const share = holdoutSide.length / labels.length;
    return [{ column: null, count: judging.all, share, limit }];
  },
};
