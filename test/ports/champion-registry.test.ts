import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HttpFault } from '#adapters/aws/clients.ts';
import { verifyLedger } from '#domain/ledger.ts';
import type { RegistryChange } from '#domain/ports/ledger-writer.ts';
import { unique } from './support/aws.ts';
import { approvalOf, AT, entryOf, pointerOf, sha } from './support/samples.ts';
import { describeLostAnswers, describeStores } from './support/stores.ts';

describeStores('ChampionRegistry, LedgerWriter, Outbox', (stores, isMemory) => {
  /** A change that uses everything, its approval and verification prepared. */
  const whole = async (model: string): Promise<RegistryChange & Required<RegistryChange>> => {
    const runId = unique('r');
    await stores().approvals.put(approvalOf({ runId, model }));
    await stores().approvals.put(approvalOf({ runId, model, revision: 2, status: 'approved' }));
    await stores().verifications.put({ model, sha256: sha('7'), runId, at: AT });
    return {
      entry: entryOf(
        { model, decisionId: unique('d'), runId },
        await stores().registry.head(model),
      ),
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
    pointer: await stores().registry.pointer(model, 'production'),
    head: await stores().registry.head(model),
    ledger: await stores().registry.ledger(model),
    versions: await stores().registry.versions(model),
    charter: await stores().registry.charter(model),
    outbox: (await stores().outbox.pending(1000)).filter((e) => e.id === change.outbox?.id),
    approval:
      change.spend === undefined
        ? undefined
        : await stores().approvals.get(change.spend.runId, change.spend.kind),
  });

  it('changes everything in one transaction', async () => {
    const model = unique('m');
    const change = await whole(model);
    await stores().ledgerWriter.commit(change);
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
    expect(await stores().registry.decision(model, entry.decisionId)).toEqual(entry);
    expect(await stores().registry.decision(model, 'other')).toBeUndefined();
    expect(await stores().registry.version(model, 1)).toEqual(version);
    expect(await stores().registry.version(model, 2)).toBeUndefined();
    expect(await stores().registry.pointer(model, 'staging')).toBeUndefined();
    await stores().outbox.delivered(outbox.id);
    await stores().outbox.delivered(outbox.id);
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
    await stores().ledgerWriter.commit(await whole(model));
    const prepared = await whole(model);
    const good = {
      ...prepared,
      pointer: { ...prepared.pointer, revision: 2 },
      version: { ...prepared.version, version: 2 },
    };
    const bad = fault.break(good);
    const before = await seen(model, good);
    await expect(stores().ledgerWriter.commit(bad)).rejects.toMatchObject({ name: fault.name });
    expect(await seen(model, good)).toEqual(before);
    await stores().ledgerWriter.commit(good);
  });

  it.each([
    ['half of the traffic', { share: 0.5 }],
    ['no champion', { role: 'canary' }],
    ['another version as champion', { version: 7 }],
  ] as const)('refuses a pointer that routes to %s, and changes nothing', async (_what, wrong) => {
    const model = unique('m');
    const pointer = pointerOf({ model });
    const routes = pointer.routes.map((route) => ({ ...route, ...wrong }));
    await expect(
      stores().ledgerWriter.commit({
        entry: entryOf({ model, decisionId: unique('d') }),
        pointer: { ...pointer, routes },
      }),
    ).rejects.toMatchObject({ name: 'BadInput' });
    expect(await stores().registry.ledger(model)).toEqual([]);
    expect(await stores().registry.pointer(model, 'production')).toBeUndefined();
  });

  it('refuses a decision that is recorded already, though all else moved too', async () => {
    const model = unique('m');
    const change = await whole(model);
    await stores().ledgerWriter.commit(change);
    await expect(stores().ledgerWriter.commit(change)).rejects.toMatchObject({
      name: 'DecisionExists',
    });
    const again = entryOf(
      { model, decisionId: change.entry.decisionId },
      await stores().registry.head(model),
    );
    await expect(stores().ledgerWriter.commit({ entry: again })).rejects.toMatchObject({
      name: 'DecisionExists',
    });
    expect(await stores().registry.ledger(model)).toHaveLength(1);
  });

  it('spends an approval once', async () => {
    const model = unique('m');
    const change = await whole(model);
    await stores().ledgerWriter.commit(change);
    const next = entryOf({ model, decisionId: unique('d') }, change.entry);
    await expect(
      stores().ledgerWriter.commit({ entry: next, spend: { ...change.spend, revision: 3 } }),
    ).rejects.toMatchObject({ name: 'ApprovalStale' });
  });

  it('lets one of twenty move a pointer, and one ledger entry with it', async () => {
    const model = unique('m');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        stores().ledgerWriter.commit({
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
    const [entry, ...more] = await stores().registry.ledger(model);
    expect(more).toEqual([]);
    expect((await stores().registry.pointer(model, 'production'))?.version).toBe(entry?.version);
  });

  it('gives the outbox oldest first and as many as asked for', async () => {
    const model = unique('m');
    const ids = [unique('z'), unique('a'), unique('m')];
    for (const id of ids) {
      const entry = entryOf({ model, decisionId: id }, await stores().registry.head(model));
      await stores().ledgerWriter.commit({ entry, outbox: { id, type: 'T', detail: null } });
    }
    const found = (await stores().outbox.pending(1000)).map((e) => e.id);
    expect(found.filter((id) => ids.includes(id))).toEqual(ids);
    expect(await stores().outbox.pending(1)).toHaveLength(1);
    for (const id of found) await stores().outbox.delivered(id);
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
            const head = await stores().registry.head(model);
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
            const done = await stores()
              .ledgerWriter.commit({ entry })
              .then(
                () => true,
                (error: unknown) => {
                  expect((error as Error).name).toBe(fresh ? 'ChampionMoved' : 'DecisionExists');
                  return false;
                },
              );
            expect(done).toBe(right && fresh);
            if (done) taken.push(entry.decisionId);
          }
          const ledger = await stores().registry.ledger(model);
          expect(ledger.map((e) => e.decisionId)).toEqual(taken);
          expect(verifyLedger(model, ledger)).toEqual({ ok: true, length: taken.length });
        },
      ),
      { numRuns: isMemory ? 200 : 4, seed: 1 },
    );
  });
});

describeLostAnswers('LedgerWriter', 'TransactWriteItems', (stores, faults) => {
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
    await stores().ledgerWriter.commit(c);
    expect(await stores().registry.ledger(c.entry.model)).toEqual([c.entry]);
  });

  it('says Unavailable when the transaction never arrived', async () => {
    const c = change();
    faults.push({ refuse: true }, { status: 500 }, { refuse: true });
    await expect(stores().ledgerWriter.commit(c)).rejects.toMatchObject({ name: 'Unavailable' });
    expect(await stores().registry.ledger(c.entry.model)).toEqual([]);
  });

  it("doesn't take somebody else's decision of the same id for its own", async () => {
    const c = change();
    await stores().ledgerWriter.commit(c);
    faults.push({ refuse: true });
    const other = { ...c, entry: { ...c.entry, hash: sha('f') } };
    await expect(stores().ledgerWriter.commit(other)).rejects.toMatchObject({
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
    await stores().ledgerWriter.commit(c);
    expect(await stores().registry.head(c.entry.model)).toMatchObject({ sequence: 1 });
    faults.push(...Array.from({ length: 5 }, (): HttpFault => ({ status: 400, body })));
    await expect(stores().ledgerWriter.commit(change())).rejects.toMatchObject({
      name: 'Unavailable',
    });
  });
});
