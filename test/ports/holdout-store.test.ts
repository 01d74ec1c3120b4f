import { expect, it } from 'vitest';
import { unique } from './support/aws.ts';
import { sha } from './support/samples.ts';
import { describeLostAnswers, describeStores } from './support/stores.ts';

describeStores('HoldoutStore', (stores) => {
  const holdouts = () => stores().holdouts;

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
    expect(await holdouts().get(model)).toBeUndefined();
    await holdouts().put(holdout);
    await expect(holdouts().put(holdout)).rejects.toMatchObject({ name: 'Conflict' });
    await holdouts().put({ ...holdout, revision: 2, rows: 11 });
    expect((await holdouts().get(model))?.rows).toBe(11);
  });
});

describeLostAnswers('HoldoutStore', 'PutItem', (stores, faults) => {
  it('knows its own holdout again', async () => {
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
    faults.push({ loseAnswer: true });
    await stores().holdouts.put(holdout);
    expect(await stores().holdouts.get(model)).toEqual(holdout);
  });
});
