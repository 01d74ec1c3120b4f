import { expect, it } from 'vitest';
import { unique } from './support/aws.ts';
import { runOf } from './support/samples.ts';
import { describeLostAnswers, describeStores } from './support/stores.ts';

describeStores('RunStore', (stores) => {
  const runs = () => stores().runs;

  it('creates a run once, of twenty at the same moment too', async () => {
    const run = runOf({ runId: unique('r'), model: 'm' });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => runs().create(run)));
    expect(outcomes.filter((o) => o === 'created')).toHaveLength(1);
    expect(await runs().get(run.runId)).toEqual(run);
    expect(await runs().get('nobody')).toBeUndefined();
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
    await runs().create(run);
    expect(await runs().get(run.runId)).toStrictEqual(run);
  });

  it('replaces a run from the revision that was read, once', async () => {
    const run = runOf({ runId: unique('r'), model: 'm' });
    await runs().create(run);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        runs().replace({ ...run, revision: 2, reason: String(i) }),
      ),
    );
    expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
    for (const o of outcomes) {
      if (o.status === 'rejected') expect(o.reason).toMatchObject({ name: 'Conflict' });
    }
    expect((await runs().get(run.runId))?.revision).toBe(2);
  });

  it('refuses to replace a run that was never created', async () => {
    const run = runOf({ runId: unique('r'), model: 'm', revision: 1 });
    await expect(runs().replace(run)).rejects.toMatchObject({ name: 'Conflict' });
  });

  it('lists runs newest first, page by page, of one model or all', async () => {
    const model = unique('m');
    const made = Array.from({ length: 7 }, (_, i) =>
      runOf({
        runId: `${model}-${i}`,
        model,
        createdAt: `2026-01-0${(i % 4) + 1}T00:00:00.000Z`,
      }),
    );
    for (const run of made) await runs().create(run);
    const expected = made
      .map((r) => `${r.createdAt}#${r.runId}`)
      .sort()
      .reverse();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await runs().list({
        model,
        limit: 3,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.runs.length).toBeLessThanOrEqual(3);
      seen.push(...page.runs.map((r) => `${r.createdAt}#${r.runId}`));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(expected);
    const all = await runs().list({ limit: 100 });
    expect(all.runs.length).toBeGreaterThan(7);
  });

  it("refuses a cursor that isn't this list's", async () => {
    const model = unique('m');
    for (const i of [1, 2]) await runs().create(runOf({ runId: `${model}-${i}`, model }));
    const { cursor } = await runs().list({ model, limit: 1 });
    expect(cursor).toBeDefined();
    for (const wrong of ['%%%', 'e30', cursor!]) {
      await expect(
        runs().list({ model: unique('m'), limit: 1, cursor: wrong }),
      ).rejects.toMatchObject({ name: 'BadInput' });
    }
  });

  it('gives copies: what a caller does to them changes nothing', async () => {
    const run = runOf({ runId: unique('r'), model: 'm' });
    await runs().create(run);
    const got = (await runs().get(run.runId))!;
    (got as { status: string }).status = 'failed';
    expect((await runs().get(run.runId))?.status).toBe('running');
  });
});

describeLostAnswers('RunStore', 'PutItem', (stores, faults) => {
  const runs = () => stores().runs;

  it('knows its own item again', async () => {
    const run = runOf({ runId: unique('r'), model: 'm' });
    faults.push({ loseAnswer: true });
    expect(await runs().create(run)).toBe('created');
    expect(await runs().create(run)).toBe('exists');
    faults.push({ loseAnswer: true });
    await runs().replace({ ...run, revision: 2, status: 'failed', reason: 'x' });
    await expect(runs().replace({ ...run, revision: 2 })).rejects.toMatchObject({
      name: 'Conflict',
    });
  });

  it('says Unavailable when every answer is lost', async () => {
    faults.push({ loseAnswer: true }, { loseAnswer: true }, { loseAnswer: true });
    await expect(runs().create(runOf({ runId: unique('r'), model: 'm' }))).rejects.toMatchObject({
      name: 'Unavailable',
    });
  });
});
