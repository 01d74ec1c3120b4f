import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  championAt,
  isMove,
  type LedgerKind,
  MOVES,
  movesOf,
  pointerAt,
  verifyChain,
} from '#domain/ledger.ts';
import type { Slot } from '#domain/pointer.ts';
import { hashOf, ledgerOf, minute } from './support/entries.ts';

/** Every kind: the slot whose pointer an entry of it moves. */
const MOVED: Readonly<Record<LedgerKind, Slot | null>> = {
  staged: 'staging',
  promoted: 'production',
  rolled_back: 'production',
  rejected: null,
  rejected_by_gate: null,
  charter_accepted: null,
  holdout_accepted: null,
};

describe('which entries move which slot', () => {
  it.each(Object.entries(MOVED))('%s: %s', (kind, moved) => {
    const [entry] = ledgerOf(`${kind} 1`);
    for (const slot of ['staging', 'production'] as const) {
      expect(isMove(entry!, slot)).toBe(slot === moved);
    }
  });

  it('moves nothing by an entry that names no version, and none by a kind to come', () => {
    const [unnamed, later] = ledgerOf('promoted', 'canary_opened 2');
    expect(isMove(unnamed!, 'production')).toBe(false);
    expect(isMove({ ...unnamed!, sha256: hashOf(1) }, 'production')).toBe(false);
    expect(isMove({ ...unnamed!, version: 1 }, 'production')).toBe(false);
    expect(isMove(later!, 'production') || isMove(later!, 'staging')).toBe(false);
  });

  it('moves one slot by each kind', () => {
    const kinds = Object.values(MOVES).flat();
    expect(new Set(kinds).size).toBe(kinds.length);
  });
});

describe('a slot’s past', () => {
  const entries = ledgerOf('staged 1', 'promoted 1', 'staged 2', 'rejected', 'promoted 2');

  it.each([
    [0, 'production', null],
    [1, 'production', null],
    [1, 'staging', { version: 1, revision: 1 }],
    [2, 'production', { version: 1, revision: 1 }],
    [4, 'production', { version: 1, revision: 1 }],
    [4, 'staging', { version: 2, revision: 2 }],
    [5, 'production', { version: 2, revision: 2 }],
  ] as const)('at minute %i %s', (at, slot, expected) => {
    const pointer = pointerAt(entries, slot, minute(at));
    if (expected === null) expect(pointer).toBeUndefined();
    else expect(pointer).toMatchObject({ ...expected, slot, sha256: hashOf(expected.version) });
  });

  it('names who made the champion of a moment', () => {
    expect(championAt(entries, minute(1))).toBeUndefined();
    expect(championAt(entries, minute(4))?.sequence).toBe(2);
    expect(championAt(entries, minute(9))?.sequence).toBe(5);
  });

  it('has as many revisions as moves, whatever else is in the ledger', () => {
    const kinds = Object.keys(MOVED).map((kind) => `${kind} 1`);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds), { maxLength: 12 }), (lines) => {
        const ledger = ledgerOf(...lines);
        for (const slot of ['staging', 'production'] as const) {
          const pointer = pointerAt(ledger, slot, minute(99));
          expect(pointer?.revision ?? 0).toBe(movesOf(ledger, slot).length);
          expect(pointer?.updatedAt).toBe(movesOf(ledger, slot).at(-1)?.at);
        }
      }),
      { seed: 1 },
    );
  });
});

describe('verifyChain', () => {
  const entries = ledgerOf('staged 1', 'promoted 1', 'rejected', 'promoted 2');

  it('finds whatever is changed, left out or put elsewhere, at its place', () => {
    expect(verifyChain(entries)).toEqual({ ok: true, length: 4 });
    const changed = entries.map((e) => (e.sequence === 2 ? { ...e, reason: 'another' } : e));
    expect(verifyChain(changed)).toMatchObject({ ok: false, sequence: 2 });
    const without = entries.filter((e) => e.sequence !== 3);
    expect(verifyChain(without)).toMatchObject({ ok: false, sequence: 3 });
    const first = entries.slice(1);
    expect(verifyChain(first)).toMatchObject({ ok: false, sequence: 1 });
    const other = ledgerOf('staged 9').concat(entries.slice(1));
    expect(verifyChain(other)).toMatchObject({ ok: false, sequence: 2 });
  });
});
