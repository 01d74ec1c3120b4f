import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoApprovals } from '#adapters/dynamodb/approvals.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { type HttpFault } from '#adapters/aws/clients.ts';
import { memoryStore, type MemoryStore } from '#adapters/memory/store.ts';
import { verifyChain } from '#domain/champion.ts';
import type { RegistryChange } from '#domain/ports/champion-registry.ts';
import { freshTables, hasAws, unique } from './support/aws.ts';
import { approvalOf, AT, entryOf, pointerOf, sha } from './support/samples.ts';

describeChampionRegistry('memory', () => Promise.resolve({ store: memoryStore() }));
if (hasAws) {
  const onDynamo = async (fault?: () => HttpFault | undefined) => {
    const tables = await freshTables(
      fault === undefined
        ? {}
        : { fault: (a) => (a.operation === 'TransactWriteItems' ? fault() : undefined) },
    );
    const client = tables.clients.dynamodb();
    return {
      store: {
        runs: dynamoRunStore(client, tables.runsTable),
        approvals: dynamoApprovals(client, tables.runsTable),
        registry: dynamoChampionRegistry(client, tables.championTable, tables.runsTable),
      },
      close: () => tables.drop(),
    };
  };
  describeChampionRegistry('DynamoDB', () => onDynamo());

  describe('ChampionRegistry on DynamoDB when answers are lost', () => {
    const faults: (HttpFault | undefined)[] = [];
    let made: Awaited<ReturnType<typeof onDynamo>>;
    beforeAll(async () => {
      made = await onDynamo(() => faults.shift());
    });
    afterAll(() => made.close());
    const change = (): RegistryChange => {
      const model = unique('m');
      return {
        entry: entryOf({ model, decisionId: unique('d') }),
        pointer: pointerOf({ model }),
      };
    };

    it.each([1, 2, 3])('recognises a transaction that went in after %i lost answers', async (n) => {
      const c = change();
      faults.push(...Array.from({ length: n }, (): HttpFault => ({ loseAnswer: true })));
      await made.store.registry.commit(c);
      expect(await made.store.registry.ledger(c.entry.model)).toEqual([c.entry]);
    });

    it('says Unavailable when the transaction never arrived', async () => {
      const c = change();
      faults.push({ refuse: true }, { status: 500 }, { refuse: true });
      await expect(made.store.registry.commit(c)).rejects.toMatchObject({ name: 'Unavailable' });
      expect(await made.store.registry.ledger(c.entry.model)).toEqual([]);
    });

    it("doesn't take somebody else's decision of the same id for its own", async () => {
      const c = change();
      await made.store.registry.commit(c);
      faults.push({ refuse: true });
      const other = { ...c, entry: { ...c.entry, hash: sha('f') } };
      await expect(made.store.registry.commit(other)).rejects.toMatchObject({
        name: 'DecisionExists',
      });
    });

    it('tries again when two transactions met', async () => {
      const c = change();
      const body = JSON.stringify({
        __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
        Message: 'Transaction cancelled',
        CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }, { Code: 'None' }],
      });
      faults.push({ status: 400, body }, { status: 400, body });
      await made.store.registry.commit(c);
      expect(await made.store.registry.head(c.entry.model)).toMatchObject({ sequence: 1 });
      faults.push(...Array.from({ length: 5 }, (): HttpFault => ({ status: 400, body })));
      await expect(made.store.registry.commit(change())).rejects.toMatchObject({
        name: 'Unavailable',
      });
    });
  });
}

export function describeChampionRegistry(
  name: string,
  make: () => Promise<{ store: MemoryStore; close?: () => Promise<void> }>,
): void {
  describe(`ChampionRegistry: ${name}`, () => {
    let store: MemoryStore;
    let close: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      ({ store, close } = await make());
    });
    afterAll(() => close?.());

    /** A change that uses everything, its approval and verification prepared. */
    const whole = async (model: string): Promise<RegistryChange & Required<RegistryChange>> => {
      const runId = unique('r');
      await store.approvals.put(approvalOf({ runId, model }));
      await store.approvals.put(approvalOf({ runId, model, revision: 2, status: 'approved' }));
      await store.runs.putVerified(model, sha('7'), runId, AT);
      return {
        entry: entryOf({ model, decisionId: unique('d'), runId }, await store.registry.head(model)),
        pointer: pointerOf({ model }),
        version: {
          schemaVersion: 1,
          model,
          version: 1,
          sha256: sha('7'),
          runId,
          commit: 'a'.repeat(40),
          createdAt: AT,
          trackingRunId: null,
        },
        charter: { schemaVersion: 1, model, charter: sha('c'), acceptedBy: 'grace', at: AT },
        spend: { runId, kind: 'approval', revision: 2 },
        requireVerified: sha('7'),
        outbox: { id: unique('e'), type: 'ChampionMoved', detail: { x: [1.5, null, '"'] } },
      };
    };
    /** All that a model's changes can be seen by. */
    const seen = async (model: string, change: RegistryChange) => ({
      pointer: await store.registry.pointer(model, 'production'),
      head: await store.registry.head(model),
      ledger: await store.registry.ledger(model),
      versions: await store.registry.versions(model),
      charter: await store.registry.charter(model),
      outbox: (await store.registry.outbox(1000)).filter((e) => e.id === change.outbox?.id),
      approval:
        change.spend === undefined
          ? undefined
          : await store.approvals.get(change.spend.runId, change.spend.kind),
    });

    it('changes everything in one transaction', async () => {
      const model = unique('m');
      const change = await whole(model);
      await store.registry.commit(change);
      const { entry, pointer, version, charter, outbox } = change;
      expect(await seen(model, change)).toMatchObject({
        pointer,
        head: { sequence: 1, hash: entry.hash },
        ledger: [entry],
        versions: [version],
        charter,
        outbox: [outbox],
        approval: { status: 'spent', revision: 3 },
      });
      expect(await store.registry.decision(model, entry.decisionId)).toEqual(entry);
      expect(await store.registry.decision(model, 'other')).toBeUndefined();
      expect(await store.registry.version(model, 1)).toEqual(version);
      expect(await store.registry.version(model, 2)).toBeUndefined();
      expect(await store.registry.pointer(model, 'staging')).toBeUndefined();
      await store.registry.delivered(outbox.id);
      await store.registry.delivered(outbox.id);
      expect((await seen(model, change)).outbox).toEqual([]);
    });

    const failing: Record<
      string,
      { name: string; break: (c: Required<RegistryChange>) => RegistryChange }
    > = {
      'the pointer moved': {
        name: 'ChampionMoved',
        break: (c) => ({ ...c, pointer: { ...c.pointer, revision: 3 } }),
      },
      "the pointer isn't there yet": {
        name: 'ChampionMoved',
        break: (c) => ({ ...c, pointer: { ...c.pointer, slot: 'staging', revision: 2 } }),
      },
      'the ledger moved': {
        name: 'ChampionMoved',
        break: (c) => ({ ...c, entry: entryOf(c.entry, { sequence: 5, hash: sha('e') }) }),
      },
      'the ledger was thought empty': {
        name: 'ChampionMoved',
        break: (c) => ({ ...c, entry: entryOf(c.entry) }),
      },
      'the approval has another revision': {
        name: 'ApprovalStale',
        break: (c) => ({ ...c, spend: { ...c.spend, revision: 1 } }),
      },
      "the approval isn't there": {
        name: 'ApprovalStale',
        break: (c) => ({ ...c, spend: { ...c.spend, runId: 'nobody' } }),
      },
      "staging hasn't verified the hash": {
        name: 'Conflict',
        break: (c) => ({ ...c, requireVerified: sha('0') }),
      },
      'the version exists': {
        name: 'Conflict',
        break: (c) => ({ ...c, version: { ...c.version, version: 1 } }),
      },
    };
    it.each(Object.entries(failing))('changes nothing when %s', async (_what, fault) => {
      const model = unique('m');
      await store.registry.commit(await whole(model));
      const prepared = await whole(model);
      const good = {
        ...prepared,
        pointer: { ...prepared.pointer, revision: 2 },
        version: { ...prepared.version, version: 2 },
      };
      const bad = fault.break(good);
      const before = await seen(model, good);
      await expect(store.registry.commit(bad)).rejects.toMatchObject({ name: fault.name });
      expect(await seen(model, good)).toEqual(before);
      await store.registry.commit(good);
    });

    it('refuses a decision that is recorded already, though all else moved too', async () => {
      const model = unique('m');
      const change = await whole(model);
      await store.registry.commit(change);
      await expect(store.registry.commit(change)).rejects.toMatchObject({ name: 'DecisionExists' });
      const again = entryOf(
        { model, decisionId: change.entry.decisionId },
        await store.registry.head(model),
      );
      await expect(store.registry.commit({ entry: again })).rejects.toMatchObject({
        name: 'DecisionExists',
      });
      expect(await store.registry.ledger(model)).toHaveLength(1);
    });

    it('spends an approval once', async () => {
      const model = unique('m');
      const change = await whole(model);
      await store.registry.commit(change);
      const next = entryOf({ model, decisionId: unique('d') }, change.entry);
      await expect(
        store.registry.commit({ entry: next, spend: { ...change.spend, revision: 3 } }),
      ).rejects.toMatchObject({ name: 'ApprovalStale' });
    });

    it('lets one of twenty move a pointer, and one ledger entry with it', async () => {
      const model = unique('m');
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          store.registry.commit({
            entry: entryOf({ model, decisionId: `d${i}`, version: i }),
            pointer: pointerOf({ model, version: i }),
          }),
        ),
      );
      expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
      for (const o of outcomes) {
        if (o.status === 'rejected') {
          // `Unavailable`: so many met that this one gave up; it moved nothing either.
          expect(['ChampionMoved', 'Unavailable']).toContain((o.reason as Error).name);
        }
      }
      const [entry, ...more] = await store.registry.ledger(model);
      expect(more).toEqual([]);
      expect((await store.registry.pointer(model, 'production'))?.version).toBe(entry?.version);
    });

    it('gives the outbox oldest first and as many as asked for', async () => {
      const model = unique('m');
      const ids = [unique('z'), unique('a'), unique('m')];
      for (const id of ids) {
        const entry = entryOf({ model, decisionId: id }, await store.registry.head(model));
        await store.registry.commit({ entry, outbox: { id, type: 'T', detail: null } });
      }
      const found = (await store.registry.outbox(1000)).map((e) => e.id);
      expect(found.filter((id) => ids.includes(id))).toEqual(ids);
      expect(await store.registry.outbox(1)).toHaveLength(1);
      for (const id of found) await store.registry.delivered(id);
    });

    it('keeps a chain that verifies, whatever is committed in whatever order of tries', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              /** An attempt may come with an old head, or an old decision. */
              stale: fc.boolean(),
              decision: fc.integer({ min: 0, max: 6 }),
              reason: fc.string(),
              kind: fc.constantFrom('promoted', 'rolled_back', 'rejected', 'anything'),
              version: fc.option(fc.integer({ min: 1, max: 99 }), { nil: null }),
            }),
            { minLength: 1, maxLength: 8 },
          ),
          async (tries) => {
            const model = unique('m');
            let old: { sequence: number; hash: string } | undefined;
            const taken: string[] = [];
            for (const t of tries) {
              const head = await store.registry.head(model);
              const entry = entryOf(
                {
                  model,
                  decisionId: `d${t.decision}`,
                  reason: t.reason,
                  kind: t.kind,
                  version: t.version,
                },
                t.stale ? old : head,
              );
              old = head;
              const right = entry.prevHash === (head?.hash ?? null);
              const fresh = !taken.includes(entry.decisionId);
              const done = await store.registry.commit({ entry }).then(
                () => true,
                (error: unknown) => {
                  expect((error as Error).name).toBe(fresh ? 'ChampionMoved' : 'DecisionExists');
                  return false;
                },
              );
              expect(done).toBe(right && fresh);
              if (done) taken.push(entry.decisionId);
            }
            const ledger = await store.registry.ledger(model);
            expect(ledger.map((e) => e.decisionId)).toEqual(taken);
            expect(verifyChain(ledger)).toEqual({ ok: true, length: taken.length });
          },
        ),
        { numRuns: name === 'memory' ? 200 : 4, seed: 1 },
      );
    });
  });
}
