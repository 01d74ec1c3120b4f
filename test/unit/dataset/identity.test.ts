import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf, identifyRows, identityColumns, sideOf } from '#dataset/identity.ts';
import { readTable } from '#dataset/read-table.ts';
import { bytesOf, smallFolder, smallRows } from './small-folder.ts';

const RULE = { model: 'small', epoch: 1, holdout: 0.3 };

function sides(rows: readonly string[], columns: readonly string[] = ['who']): Map<string, string> {
  const table = readTable(bytesOf(rows), 'data.csv', smallFolder());
  const { heldOut, groupOf } = identifyRows(table, { kind: 'group', columns }, RULE);
  return new Map(
    rows.map((row, i) => [row, heldOut[groupOf[i] ?? 0] === 1 ? 'holdout' : 'training']),
  );
}

describe('the side of a row', () => {
  const rows = [...new Set(smallRows(120))];

  it('depends on its identity alone: not on the order, nor on which other rows there are', () => {
    const whole = sides(rows);
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: 60 }), (some) => {
        fc.pre(new Set(some.map((row) => row.endsWith('yes'))).size === 2);
        for (const [row, side] of sides(some)) expect(side).toBe(whole.get(row));
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  it('is the same for every row of a group', () => {
    const byGroup = new Map<string, Set<string>>();
    for (const [row, side] of sides(rows)) {
      const who = row.split(',', 1)[0] ?? '';
      byGroup.set(who, (byGroup.get(who) ?? new Set()).add(side));
    }
    expect(byGroup.size).toBe(40);
    for (const found of byGroup.values()) expect(found.size).toBe(1);
  });

  it('does not change when a number is written otherwise', () => {
    const plain = sides(['a,1,red,yes', 'b,2,red,no'], ['x', 'colour']);
    const other = sides(['a, 1.0 ,red,yes', 'b,2e0,red,no'], ['x', 'colour']);
    expect([...other.values()]).toEqual([...plain.values()]);
  });

  it('follows the share, and another epoch or model deals anew', () => {
    const texts = Array.from({ length: 20_000 }, (_, i) => JSON.stringify([String(i)]));
    const holdout = (rule: typeof RULE): string[] =>
      texts.filter((t) => sideOf(rule, t) === 'holdout');
    const first = holdout(RULE);
    // Five standard deviations of a binomial share.
    expect(Math.abs(first.length / 20_000 - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / 20_000));
    const overlap = (other: string[]): number =>
      other.filter((t) => first.includes(t)).length / 20_000;
    expect(overlap(holdout({ ...RULE, epoch: 2 }))).toBeCloseTo(0.09, 1);
    expect(overlap(holdout({ ...RULE, model: 'other' }))).toBeCloseTo(0.09, 1);
    // A larger share keeps what a smaller one held out.
    const wider = new Set(holdout({ ...RULE, holdout: 0.4 }));
    expect(first.every((t) => wider.has(t))).toBe(true);
  });

  it('stays what it was when this test was written', () => {
    const found = Array.from({ length: 32 }, (_, i) => sideOf(RULE, JSON.stringify([`w${i}`])));
    expect(found.map((side) => (side === 'holdout' ? 'H' : '.')).join('')).toBe(
      '...H...H.H.HH......H.....HH.....',
    );
  });
});

describe('a row that is its own', () => {
  const folder = smallFolder({ group: [], model: { identity: { row: true } } });
  // Of 240 rows 12 are different ones, with both targets.
  const rows = Array.from(
    { length: 240 },
    (_, i) => `w,${i % 3},${['red', 'blue'][i % 2] ?? ''},${i % 5 === 0 ? 'yes' : 'no'}`,
  );
  const identified = (some: readonly string[]): string[] => {
    const table = readTable(bytesOf(some), 'data.csv', folder);
    const identity = identityColumns(folder.model, folder.schema);
    const identities = identifyRows(table, identity, RULE);
    expect(identities.groups).toBe(some.length);
    return some.map((row, i) => `${row} ${identities.heldOut[i] ?? ''} ${hashOf(identities, i)}`);
  };

  it('is told from its equals, in whatever order they stand', () => {
    const whole = identified(rows).toSorted();
    expect(new Set(whole).size).toBe(rows.length);
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        expect(identified(shuffled).toSorted()).toEqual(whole);
      }),
      { seed: 3, numRuns: 20 },
    );
  });

  it('stays where it is when rows join', () => {
    const before = identified(rows.slice(0, 200));
    const after = new Set(identified(rows));
    expect(before.filter((row) => !after.has(row))).toEqual([]);
  });
});

it('takes the group, else the key, else the row where it is its own, else all features', () => {
  const of = (folder: ReturnType<typeof smallFolder>): unknown =>
    identityColumns(folder.model, folder.schema);
  expect(of(smallFolder({ group: ['who'], key: ['x'] }))).toEqual({
    kind: 'group',
    columns: ['who'],
  });
  expect(of(smallFolder({ group: [], key: ['who'] }))).toEqual({ kind: 'key', columns: ['who'] });
  expect(of(smallFolder({ group: [], model: { identity: { row: true } } }))).toEqual({
    kind: 'row',
    columns: ['who', 'x', 'colour', 'y'],
  });
  expect(of(smallFolder({ group: [] }))).toEqual({ kind: 'features', columns: ['x', 'colour'] });
});
