import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { memoryStore } from '#adapters/memory/store.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import { freshTables, hasAws, unique } from './support/aws.ts';
import { commitOf, runOf, sha, stepOf } from './support/samples.ts';

describeRunStore('memory', () => Promise.resolve({ store: memoryStore().runs }));
if (hasAws) {
  describeRunStore('DynamoDB', async () => {
    const tables = await freshTables();
    return {
      store: dynamoRunStore(tables.clients.dynamodb(), tables.runsTable),
      close: () => tables.drop(),
    };
  });

  describe('RunStore on DynamoDB when an answer is lost', () => {
    let tables: Awaited<ReturnType<typeof freshTables>>;
    let lose = 0;
    beforeAll(async () => {
      tables = await freshTables({
        fault: ({ operation }) =>
          operation === 'PutItem' && lose-- > 0 ? { loseAnswer: true } : undefined,
      });
    });
    afterAll(() => tables.drop());

    it('knows its own item again', async () => {
      const store = dynamoRunStore(tables.clients.dynamodb(), tables.runsTable);
      const run = runOf({ runId: unique('r'), model: 'm' });
      lose = 1;
      expect(await store.createRun(run)).toBe('created');
      expect(await store.createRun(run)).toBe('exists');
      lose = 1;
      await store.replaceRun({ ...run, revision: 2, status: 'failed', reason: 'x' });
      await expect(store.replaceRun({ ...run, revision: 2 })).rejects.toMatchObject({
        name: 'Conflict',
      });
    });

    it('says Unavailable when every answer is lost', async () => {
      const store = dynamoRunStore(tables.clients.dynamodb(), tables.runsTable);
      lose = 3;
      await expect(
        store.createRun(runOf({ runId: unique('r'), model: 'm' })),
      ).rejects.toMatchObject({ name: 'Unavailable' });
    });
  });
}

export function describeRunStore(
  name: string,
  make: () => Promise<{ store: RunStore; close?: () => Promise<void> }>,
): void {
  describe(`RunStore: ${name}`, () => {
    let store: RunStore;
    let close: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      ({ store, close } = await make());
    });
    afterAll(() => close?.());

    it('stores a commit once and gives it back as it was', async () => {
      const commit = commitOf({ runId: unique('r'), model: 'm' });
      expect(await store.putCommit(commit)).toBe('stored');
      expect(await store.putCommit({ ...commit, submitter: 'eve' })).toBe('exists');
      expect(await store.commit(commit.runId)).toEqual(commit);
      expect(await store.commit('nobody')).toBeUndefined();
    });

    it('finds the commits of a model by prefix, newest first', async () => {
      const model = unique('m');
      const commits = [
        { commit: 'abc1'.padEnd(40, '0'), asOf: '2026-01-01T00:00:00.000Z' },
        { commit: 'abc2'.padEnd(40, '0'), asOf: '2026-01-03T00:00:00.000Z' },
        { commit: 'def0'.padEnd(40, '0'), asOf: '2026-01-02T00:00:00.000Z' },
      ].map((some) => commitOf({ runId: unique('r'), model, ...some }));
      for (const c of commits) await store.putCommit(c);
      await store.putCommit(commitOf({ runId: unique('r'), model: unique('m') }));
      const found = async (prefix: string, limit = 10) =>
        (await store.commits({ model, prefix, limit })).map((c) => c.commit.slice(0, 4));
      expect(await found('abc')).toEqual(['abc2', 'abc1']);
      expect(await found('')).toEqual(['abc2', 'def0', 'abc1']);
      expect(await found('', 2)).toEqual(['abc2', 'def0']);
      expect(await found('9')).toEqual([]);
    });

    it('creates a run once, of twenty at the same moment too', async () => {
      const run = runOf({ runId: unique('r'), model: 'm' });
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.createRun(run)));
      expect(outcomes.filter((o) => o === 'created')).toHaveLength(1);
      expect(await store.run(run.runId)).toEqual(run);
      expect(await store.run('nobody')).toBeUndefined();
    });

    it('keeps every optional field of a run, and no other', async () => {
      const run = runOf({
        runId: unique('r'),
        model: 'm',
        reason: 'why',
        error: 'DataInvalid',
        verdict: 'hold',
        version: 3,
        supersededBy: 'r2',
        cancelledBy: 'ada',
      });
      await store.createRun(run);
      expect(await store.run(run.runId)).toStrictEqual(run);
    });

    it('replaces a run from the revision that was read, once', async () => {
      const run = runOf({ runId: unique('r'), model: 'm' });
      await store.createRun(run);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          store.replaceRun({ ...run, revision: 2, reason: String(i) }),
        ),
      );
      expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
      for (const o of outcomes) {
        if (o.status === 'rejected') expect(o.reason).toMatchObject({ name: 'Conflict' });
      }
      expect((await store.run(run.runId))?.revision).toBe(2);
    });

    it('refuses to replace a run that was never created', async () => {
      const run = runOf({ runId: unique('r'), model: 'm', revision: 1 });
      await expect(store.replaceRun(run)).rejects.toMatchObject({ name: 'Conflict' });
    });

    it('lists runs newest first, page by page, of one model or all', async () => {
      const model = unique('m');
      const runs = Array.from({ length: 7 }, (_, i) =>
        runOf({
          runId: `${model}-${i}`,
          model,
          createdAt: `2026-01-0${(i % 4) + 1}T00:00:00.000Z`,
        }),
      );
      for (const run of runs) await store.createRun(run);
      const expected = runs
        .map((r) => `${r.createdAt}#${r.runId}`)
        .sort()
        .reverse();
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.runs({
          model,
          limit: 3,
          ...(cursor === undefined ? {} : { cursor }),
        });
        expect(page.runs.length).toBeLessThanOrEqual(3);
        seen.push(...page.runs.map((r) => `${r.createdAt}#${r.runId}`));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(seen).toEqual(expected);
      const all = await store.runs({ limit: 100 });
      expect(all.runs.length).toBeGreaterThan(7);
    });

    it("refuses a cursor that isn't this list's", async () => {
      const model = unique('m');
      for (const i of [1, 2]) await store.createRun(runOf({ runId: `${model}-${i}`, model }));
      const { cursor } = await store.runs({ model, limit: 1 });
      expect(cursor).toBeDefined();
      for (const wrong of ['%%%', 'e30', cursor!]) {
        await expect(
          store.runs({ model: unique('m'), limit: 1, cursor: wrong }),
        ).rejects.toMatchObject({ name: 'BadInput' });
      }
    });

    it("keeps a step's first output, exactly", async () => {
      const runId = unique('r');
      const record = stepOf({ runId });
      await store.recordStep(record);
      await store.recordStep({ ...record, attempt: 2, output: 'another' });
      expect(await store.step(runId, record.step, record.inputHash)).toEqual(record);
      expect(await store.step(runId, record.step, sha('0'))).toBeUndefined();
      expect(await store.step(runId, 'Other', record.inputHash)).toBeUndefined();
    });

    it('lists the steps of a run in the order in which they began', async () => {
      const runId = unique('r');
      await store.recordStep(
        stepOf({ runId, step: 'A', startedAt: '2026-01-02T00:00:00.000Z', output: null }),
      );
      await store.recordStep(
        stepOf({ runId, step: 'B', startedAt: '2026-01-01T00:00:00.000Z', output: 1 }),
      );
      await store.recordStep(stepOf({ runId: `${runId}x`, step: 'C' }));
      expect((await store.steps(runId)).map((s) => [s.step, s.output])).toEqual([
        ['B', 1],
        ['A', null],
      ]);
    });

    it('moves a lock by compare-and-swap, with one winner of twenty', async () => {
      const model = unique('m');
      expect(await store.lock(model)).toBeUndefined();
      const waiters = [{ runId: 'r9', asOf: 'x', attempt: 1, token: 't' }];
      const first = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          store.putLock({ model, revision: 1, holder: `r${i}`, waiters }),
        ),
      );
      expect(first.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
      const lock = (await store.lock(model))!;
      expect(lock.waiters).toEqual(waiters);
      await store.putLock({ ...lock, revision: 2, holder: null, waiters: [] });
      await expect(store.putLock({ ...lock, revision: 2 })).rejects.toMatchObject({
        name: 'Conflict',
      });
      await expect(store.putLock({ ...lock, revision: 4 })).rejects.toMatchObject({
        name: 'Conflict',
      });
      expect(await store.lock(model)).toEqual({ model, revision: 2, holder: null, waiters: [] });
    });

    it('moves a holdout by compare-and-swap', async () => {
      const model = unique('m');
      const holdout = {
        schemaVersion: 1,
        model,
        epoch: 1,
        revision: 1,
        snapshot: sha('a'),
        register: sha('b'),
        rows: 10,
      } as const;
      expect(await store.holdout(model)).toBeUndefined();
      await store.putHoldout(holdout);
      await expect(store.putHoldout(holdout)).rejects.toMatchObject({ name: 'Conflict' });
      await store.putHoldout({ ...holdout, revision: 2, rows: 11 });
      expect((await store.holdout(model))?.rows).toBe(11);
    });

    it('says which hashes staging verified, for one model each', async () => {
      const model = unique('m');
      expect(await store.verified(model, sha('c'))).toBe(false);
      await store.putVerified(model, sha('c'), 'r1', '2026-01-01T00:00:00.000Z');
      await store.putVerified(model, sha('c'), 'r2', '2026-01-02T00:00:00.000Z');
      expect(await store.verified(model, sha('c'))).toBe(true);
      expect(await store.verified(unique('m'), sha('c'))).toBe(false);
    });

    it('gives copies: what a caller does to them changes nothing', async () => {
      const run = runOf({ runId: unique('r'), model: 'm' });
      await store.createRun(run);
      const got = (await store.run(run.runId))!;
      (got as { status: string }).status = 'failed';
      expect((await store.run(run.runId))?.status).toBe('running');
    });
  });
}
