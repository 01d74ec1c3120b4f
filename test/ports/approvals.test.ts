import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoApprovals } from '#adapters/dynamodb/approvals.ts';
import { memoryStore } from '#adapters/memory/store.ts';
import type { Approvals } from '#domain/ports/approvals.ts';
import { freshTables, hasAws, unique } from './support/aws.ts';
import { approvalOf, AT } from './support/samples.ts';

describeApprovals('memory', () => Promise.resolve({ approvals: memoryStore().approvals }));
if (hasAws) {
  describeApprovals('DynamoDB', async () => {
    const tables = await freshTables();
    return {
      approvals: dynamoApprovals(tables.clients.dynamodb(), tables.runsTable),
      close: () => tables.drop(),
    };
  });
}

export function describeApprovals(
  name: string,
  make: () => Promise<{ approvals: Approvals; close?: () => Promise<void> }>,
): void {
  describe(`Approvals: ${name}`, () => {
    let approvals: Approvals;
    let close: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      ({ approvals, close } = await make());
    });
    afterAll(() => close?.());

    it('keeps one approval a run and kind, as it was', async () => {
      const runId = unique('r');
      const approval = approvalOf({
        runId,
        model: 'm',
        decisions: [{ id: 'd', actor: 'grace', choice: 'approve', reason: 'fine', at: AT }],
      });
      await approvals.put(approval);
      await approvals.put({ ...approval, kind: 'continue' });
      expect(await approvals.get(runId, 'approval')).toEqual(approval);
      expect((await approvals.get(runId, 'continue'))?.kind).toBe('continue');
      expect(await approvals.get(runId, 'acceptance')).toBeUndefined();
    });

    it('lets one of twenty win from the same revision', async () => {
      const approval = approvalOf({ runId: unique('r'), model: 'm' });
      await approvals.put(approval);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          approvals.put({ ...approval, revision: 2, token: `t${i}` }),
        ),
      );
      expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
      for (const o of outcomes) {
        if (o.status === 'rejected') expect(o.reason).toMatchObject({ name: 'Conflict' });
      }
      await expect(approvals.put(approval)).rejects.toMatchObject({ name: 'Conflict' });
    });
  });
}
