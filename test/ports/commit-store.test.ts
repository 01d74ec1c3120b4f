import { expect, it } from 'vitest';
import { unique } from './support/aws.ts';
import { commitOf } from './support/samples.ts';
import { describeLostAnswers, describeStores } from './support/stores.ts';

describeStores('CommitStore', (stores) => {
  const commits = () => stores().commits;

  it('stores a commit once and gives it back as it was', async () => {
    const commit = commitOf({ runId: unique('r'), model: 'm' });
    expect(await commits().put(commit)).toBe('stored');
    expect(await commits().put({ ...commit, submitter: 'eve' })).toBe('exists');
    expect(await commits().get(commit.runId)).toEqual(commit);
    expect(await commits().get('nobody')).toBeUndefined();
  });

  it('finds the commits of a model by prefix, newest first', async () => {
    const model = unique('m');
    const made = [
      { commit: 'abc1'.padEnd(40, '0'), asOf: '2026-01-01T00:00:00.000Z' },
      { commit: 'abc2'.padEnd(40, '0'), asOf: '2026-01-03T00:00:00.000Z' },
      { commit: 'def0'.padEnd(40, '0'), asOf: '2026-01-02T00:00:00.000Z' },
    ].map((some) => commitOf({ runId: unique('r'), model, ...some }));
    for (const c of made) await commits().put(c);
    await commits().put(commitOf({ runId: unique('r'), model: unique('m') }));
    const found = async (prefix: string, limit = 10) =>
      (await commits().list({ model, prefix, limit })).map((c) => c.commit.slice(0, 4));
    expect(await found('abc')).toEqual(['abc2', 'abc1']);
    expect(await found('')).toEqual(['abc2', 'def0', 'abc1']);
    expect(await found('', 2)).toEqual(['abc2', 'def0']);
    expect(await found('9')).toEqual([]);
  });
});

describeLostAnswers('CommitStore', 'PutItem', (stores, faults) => {
  it('knows its own commit again', async () => {
    const commit = commitOf({ runId: unique('r'), model: 'm' });
    faults.push({ loseAnswer: true });
    expect(await stores().commits.put(commit)).toBe('stored');
    expect(await stores().commits.put(commit)).toBe('exists');
  });
});
