import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movesOf } from '#domain/ledger.ts';
import { askedTarget, quarantined, rollbackTarget } from '#domain/rollback.ts';
import { ledgerOf } from './support/entries.ts';

describe('rollbackTarget', () => {
  it.each<readonly [string, readonly string[], number | null]>([
    ['no champion', [], null],
    ['a first champion', ['promoted 1'], null],
    ['the champion before', ['promoted 1', 'promoted 2'], 1],
    [
      'further back each time',
      ['promoted 1', 'promoted 2', 'promoted 3', 'rolled_back 2 from 3'],
      1,
    ],
    ['none left', ['promoted 1', 'promoted 2', 'rolled_back 1 from 2'], null],
    [
      'past one that was left before',
      ['promoted 1', 'promoted 2', 'rolled_back 1 from 2', 'promoted 3'],
      1,
    ],
    [
      'back to one that was cleared',
      ['promoted 1', 'promoted 2', 'rolled_back 1 from 2', 'cleared 2', 'promoted 2', 'promoted 3'],
      2,
    ],
    [
      'by nothing that was only staged or rejected',
      ['promoted 1', 'staged 2', 'rejected', 'promoted 3'],
      1,
    ],
  ])('%s', (_what, lines, version) => {
    expect(rollbackTarget(ledgerOf(...lines))?.version ?? null).toBe(version);
  });

  it('goes to another champion of the past that nobody left, until there is none', () => {
    const promotions = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(promotions, (versions) => {
        const lines = versions.map((version) => `promoted ${version}`);
        const left = new Set<number>();
        for (let current = versions.at(-1) ?? 0; ; ) {
          const ledger = ledgerOf(...lines);
          const target = rollbackTarget(ledger);
          if (target === undefined) break;
          expect(versions).toContain(target.version);
          expect(target.version).not.toBe(current);
          expect(left.has(target.version)).toBe(false);
          left.add(current);
          lines.push(`rolled_back ${target.version} from ${current}`);
          expect(quarantined(ledgerOf(...lines))).toEqual(left);
          current = target.version;
        }
        expect(movesOf(ledgerOf(...lines), 'production')).toHaveLength(lines.length);
      }),
      { seed: 1 },
    );
  });
});

describe('askedTarget', () => {
  const ledger = ledgerOf(
    'promoted 1',
    'promoted 2',
    'promoted 3',
    'promoted 4',
    'rolled_back 3 from 4',
  );
  it.each([
    [1, 1],
    [2, 2],
    [3, null],
    [4, null],
    [9, null],
  ])('asked for %i from version 3', (to, version) => {
    expect(askedTarget(ledger, 3, to)?.version ?? null).toBe(version);
  });
});
