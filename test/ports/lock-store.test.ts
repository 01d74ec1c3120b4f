import { expect, it } from 'vitest';
import { unique } from './support/aws.ts';
import { describeLostAnswers, describeStores } from './support/stores.ts';

describeStores('LockStore', (stores) => {
  const locks = () => stores().locks;

  it('moves a lock by compare-and-swap, with one winner of twenty', async () => {
    const model = unique('m');
    expect(await locks().get(model)).toBeUndefined();
    const waiters = [{ runId: 'r9', asOf: 'x', attempt: 1, token: 't' }];
    const first = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        locks().put({ model, revision: 1, holder: `r${i}`, waiters }),
      ),
    );
    expect(first.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
    const lock = (await locks().get(model))!;
    expect(lock.waiters).toEqual(waiters);
    await locks().put({ ...lock, revision: 2, holder: null, waiters: [] });
    await expect(locks().put({ ...lock, revision: 2 })).rejects.toMatchObject({
      name: 'Conflict',
    });
    await expect(locks().put({ ...lock, revision: 4 })).rejects.toMatchObject({
      name: 'Conflict',
    });
    expect(await locks().get(model)).toEqual({ model, revision: 2, holder: null, waiters: [] });
  });
});

describeLostAnswers('LockStore', 'PutItem', (stores, faults) => {
  it('knows its own lock again, and not somebody else’s of the same revision', async () => {
    const model = unique('m');
    faults.push({ loseAnswer: true });
    await stores().locks.put({ model, revision: 1, holder: 'r1', waiters: [] });
    faults.push({ loseAnswer: true });
    await expect(
      stores().locks.put({ model, revision: 1, holder: 'r2', waiters: [] }),
    ).rejects.toMatchObject({ name: 'Conflict' });
    expect((await stores().locks.get(model))?.holder).toBe('r1');
  });
});
