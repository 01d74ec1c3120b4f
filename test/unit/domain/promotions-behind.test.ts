import { describe, expect, it } from 'vitest';
import { promotionsBehind } from '#domain/promotions-behind.ts';
import { ledgerOf } from './support/entries.ts';

describe('the promotions behind a champion', () => {
  it.each<readonly [string, readonly string[], number, readonly number[]]>([
    ['of an empty ledger are none', [], 1, []],
    ['are its own alone for the first', ['promoted 1'], 1, [1]],
    [
      'go back to the first',
      ['promoted 1', 'staged 2 from 1', 'promoted 2 from 1', 'promoted 3 from 2'],
      3,
      [3, 2, 1],
    ],
    [
      'pass over one that was rolled back',
      [
        'promoted 1',
        'promoted 2 from 1',
        'promoted 3 from 2',
        'rolled_back 2 from 3',
        'promoted 4 from 2',
      ],
      4,
      [4, 2, 1],
    ],
    [
      'are those of its own promotion after a rollback to it',
      ['promoted 1', 'promoted 2 from 1', 'promoted 3 from 2', 'rolled_back 2 from 3'],
      2,
      [2, 1],
    ],
    [
      'pass over all that two rollbacks left',
      [
        'promoted 1',
        'promoted 2 from 1',
        'promoted 3 from 2',
        'rolled_back 2 from 3',
        'rolled_back 1 from 2',
      ],
      1,
      [1],
    ],
    [
      'count the last of two promotions of a version',
      [
        'promoted 1',
        'promoted 2 from 1',
        'rolled_back 1 from 2',
        'promoted 3 from 1',
        'promoted 2 from 3',
      ],
      2,
      [2, 3, 1],
    ],
  ])('%s', (_what, lines, version, expected) => {
    expect(promotionsBehind(ledgerOf(...lines), version).map((one) => one.version)).toEqual(
      expected,
    );
  });
});
