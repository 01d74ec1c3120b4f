import { expect, it } from 'vitest';
import { unique } from './support/aws.ts';
import { approvalOf, AT } from './support/samples.ts';
import { describeLostAnswers, describeStores } from './support/stores.ts';

describeStores('Approvals', (stores) => {
  const approvals = () => stores().approvals;

  it('keeps one approval a run and kind, as it was', async () => {
    const runId = unique('r');
    const approval = approvalOf({
      runId,
      model: 'm',
      decisions: [{ id: 'd', actor: 'grace', choice: 'approve', reason: 'fine', at: AT }],
    });
    await approvals().put(approval);
    await approvals().put({ ...approval, kind: 'continue' });
    expect(await approvals().get(runId, 'approval')).toEqual(approval);
    expect((await approvals().get(runId, 'continue'))?.kind).toBe('continue');
    expect(await approvals().get(runId, 'acceptance')).toBeUndefined();
  });

  it('lets one of twenty win from the same revision', async () => {
    const approval = approvalOf({ runId: unique('r'), model: 'm' });
    await approvals().put(approval);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        approvals().put({ ...approval, revision: 2, token: `t${i}` }),
      ),
    );
    expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
    for (const o of outcomes) {
      if (o.status === 'rejected') expect(o.reason).toMatchObject({ name: 'Conflict' });
    }
    await expect(approvals().put(approval)).rejects.toMatchObject({ name: 'Conflict' });
  });
});

describeLostAnswers('Approvals', 'PutItem', (stores, faults) => {
  it('knows its own approval again', async () => {
    const approval = approvalOf({ runId: unique('r'), model: 'm' });
    faults.push({ loseAnswer: true });
    await stores().approvals.put(approval);
    expect(await stores().approvals.get(approval.runId, approval.kind)).toEqual(approval);
  });
});
