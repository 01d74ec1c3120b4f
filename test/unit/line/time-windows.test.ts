import { describe, expect, it } from 'vitest';
import { claimsCsv } from '#claims/generate.ts';
import type { ModelDocument } from '#contracts/folder/model.ts';
import { readCsv, writeCsv } from '#dataset/csv.ts';
import { readManifest, readRegister } from '#dataset/register.ts';
import { line, SETTINGS } from '../../support/line.ts';
import { MODEL } from '../../support/world.ts';

const { header, rows } = readCsv(claimsCsv({ rows: 2600, seed: 1 }), 'claims');
const at = header.indexOf('service_date');
const byDay = rows.toSorted((a, b) => ((a[at] ?? '') < (b[at] ?? '') ? -1 : 1));
/** The earliest `count` claims or so: whole days. */
const until = (count: number): Uint8Array => {
  const last = byDay[count - 1]?.[at] ?? '';
  return writeCsv(
    header,
    byDay.filter((row) => (row[at] ?? '') <= last),
  );
};

const timed = (split: Partial<Extract<ModelDocument['split'], { by: 'time' }>> = {}) => ({
  identity: { key: ['claim_id'], time: 'service_date' },
  split: { by: 'time' as const, holdout: 0.25, ...split },
});

describe('a model whose rows are split by time', () => {
  it('is judged in one window after the other, each on later days than all before', async () => {
    const l = line();
    const dataOf = () =>
      l.lastOutput('ValidateData') as {
        epoch: number;
        register: string;
        trainingManifest: string;
        holdoutRows: number;
      };
    const model = timed();
    const first = await l.commit({
      commit: 'e1',
      settings: SETTINGS.weak,
      model,
      rows: until(1600),
    });
    const one = dataOf();
    await l.say(first, 'approve');
    expect(await l.runOf(first)).toMatchObject({ status: 'completed', version: 1 });

    const second = await l.commit({
      commit: 'e2',
      settings: SETTINGS.fair,
      model,
      rows: until(1800),
    });
    expect(dataOf().register).toBe(one.register);
    await l.say(second, 'approve');
    expect(await l.served()).toBe(2);

    const third = await l.commit({
      commit: 'e3',
      settings: SETTINGS.good,
      model,
      rows: until(2600),
    });
    const three = dataOf();
    expect([one.epoch, three.epoch]).toEqual([1, 2]);
    expect(await l.status(third)).toBe('awaiting_approval');
    const registerOf = async (hash: string) => readRegister(await l.artifacts.get('data', hash));
    const [before, now] = [await registerOf(one.register), await registerOf(three.register)];
    expect((now.window?.from ?? '') > (before.window?.until ?? '')).toBe(true);
    const manifest = readManifest(await l.artifacts.get('data', three.trainingManifest));
    expect(manifest.through).not.toBeNull();
    expect((manifest.through ?? '') < (now.window?.from ?? '')).toBe(true);
    // The window that judged may be trained on.
    expect(before.rows.every((row) => manifest.groups.has(row.identity))).toBe(true);
    await l.say(third, 'approve');
    expect(await l.served()).toBe(3);
    expect((await l.holdouts.get(MODEL))?.epoch).toBe(2);
  });

  it('is judged by returning members where the split says so', async () => {
    const l = line();
    const model = {
      ...timed({ returning: true }),
      identity: { group: ['member_id'], time: 'service_date' },
    };
    const first = await l.commit({
      commit: 'f1',
      settings: SETTINGS.weak,
      model,
      rows: until(1600),
    });
    await l.say(first, 'approve');
    const second = await l.commit({
      commit: 'f2',
      settings: SETTINGS.good,
      model,
      rows: until(2600),
    });
    expect(await l.status(second)).toBe('awaiting_approval');
  });

  it('may put a split at random right until a charter is accepted', async () => {
    const l = line();
    const { identity } = timed();
    const first = await l.commit({ commit: 'd1', settings: SETTINGS.weak, model: { identity } });
    await l.say(first, 'reject');
    const second = await l.commit({ commit: 'd2', settings: SETTINGS.weak, model: timed() });
    expect(await l.status(second)).toBe('held');
    const data = l.lastOutput('ValidateData') as { question: { summary: string } };
    expect(data.question.summary).toMatch(/are chosen by identity, and this commit’s by time/);
    await l.say(second, 'approve', { kind: 'acceptance' });
    expect(await l.status(second)).toBe('awaiting_approval');
    await l.say(second, 'approve');
    const third = await l.commit({ commit: 'd3', model: { identity } });
    expect(await l.runOf(third)).toMatchObject({ status: 'failed', error: 'HoldoutRefused' });
  });
});
