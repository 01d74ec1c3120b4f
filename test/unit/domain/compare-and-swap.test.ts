import { describe, expect, it } from 'vitest';
import { compareAndSwap } from '#domain/compare-and-swap.ts';
import { type ErrorName, TitleholderError } from '#domain/errors.ts';

/** A stored number that loses the first races: somebody else writes just before. */
function counter(races: number, name: ErrorName = 'Conflict') {
  const state = { stored: 0, proposals: 0 };
  const increase = (options: Parameters<typeof compareAndSwap>[1] = {}) =>
    compareAndSwap(async () => {
      state.proposals += 1;
      const seen = state.stored;
      return {
        result: seen + 1,
        write: async () => {
          if (state.proposals <= races) state.stored += 10;
          if (state.stored !== seen) {
            throw new TitleholderError(name, 'it moved', { revision: seen });
          }
          state.stored = seen + 1;
        },
      };
    }, options);
  return { state, increase };
}

describe('compareAndSwap', () => {
  it.each([0, 1, 9])('proposes anew on what is stored after %i lost races', async (races) => {
    const { state, increase } = counter(races);
    expect(await increase()).toBe(races * 10 + 1);
    expect(state).toEqual({ stored: races * 10 + 1, proposals: races + 1 });
  });

  it('gives up after ten, under the last error’s name', async () => {
    const { state, increase } = counter(10);
    await expect(increase()).rejects.toMatchObject({
      name: 'Conflict',
      message: 'it moved (10 races lost in a row)',
      details: { revision: 90 },
    });
    expect(state.proposals).toBe(10);
  });

  it('takes for a lost race only what it was told', async () => {
    const { state, increase } = counter(1, 'ChampionMoved');
    await expect(increase()).rejects.toMatchObject({ name: 'ChampionMoved', message: 'it moved' });
    expect(state.proposals).toBe(1);
    const told = counter(1, 'ChampionMoved');
    expect(await told.increase({ tries: 2, lost: ['ChampionMoved'] })).toBe(11);
  });

  it('writes nothing where there is nothing to write', async () => {
    expect(await compareAndSwap(async () => ({ result: 'as it is' }))).toBe('as it is');
  });

  it('passes on what the proposal refuses, a Conflict too, and asks no second time', async () => {
    let asked = 0;
    const refused = compareAndSwap(async () => {
      asked += 1;
      throw new TitleholderError('Conflict', 'superseded');
    });
    await expect(refused).rejects.toMatchObject({ message: 'superseded' });
    expect(asked).toBe(1);
  });
});
