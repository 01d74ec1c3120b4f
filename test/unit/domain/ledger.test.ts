import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chain,
  type ChainedEntry,
  championAt,
  isMove,
  type LedgerKind,
  MOVES,
  movesOf,
  pointerAt,
  verifyLedger,
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

describe('verifyLedger', () => {
  const entries = ledgerOf('staged 1', 'promoted 1', 'rejected', 'promoted 2');
  const head = entries[3]!;
  const anchor = entries[1]!;
  const against = { head, anchor };
  /** From an entry on written anew, links and hashes right. */
  const rewritten = (from: number) =>
    entries.slice(from - 1).reduce<readonly ChainedEntry[]>(
      (chained, { hash, ...entry }) => {
        const { sequence, prevHash, ...rest } = entry;
        const reason = sequence === from ? 'another' : rest.reason;
        return [...chained, chain({ ...rest, reason }, chained.at(-1))];
      },
      entries.slice(0, from - 1),
    );

  it('takes the whole chain, with and without what it is held against', () => {
    expect(verifyLedger('m', entries)).toEqual({ ok: true, length: 4 });
    expect(verifyLedger('m', entries, against)).toEqual({ ok: true, length: 4 });
    expect(verifyLedger('m', [], { head: null })).toEqual({ ok: true, length: 0 });
  });

  it.each<
    readonly [
      string,
      readonly ChainedEntry[],
      number,
      'by itself' | 'by its head' | 'by its anchor',
    ]
  >([
    [
      'a changed entry',
      entries.map((e) => (e.sequence === 2 ? { ...e, reason: 'x' } : e)),
      2,
      'by itself',
    ],
    ['an entry left out', entries.filter((e) => e.sequence !== 3), 3, 'by itself'],
    ['no beginning', entries.slice(1), 1, 'by itself'],
    ['two entries that changed places', [1, 3, 2, 4].map((n) => entries[n - 1]!), 2, 'by itself'],
    ['another first entry', [...ledgerOf('staged 9'), ...entries.slice(1)], 2, 'by itself'],
    ['an end that was cut off', entries.slice(0, 3), 4, 'by its head'],
    ['an emptied ledger', [], 4, 'by its head'],
    ['an entry written anew with all behind it', rewritten(2), 2, 'by its anchor'],
    ['a first entry written anew with all behind it', rewritten(1), 2, 'by its anchor'],
    [
      'everything but the first entry gone, and the head set back',
      entries.slice(0, 1),
      2,
      'by its anchor',
    ],
  ])('finds %s', (_, found, sequence, by) => {
    const own = found.at(-1) ?? null;
    const given =
      by === 'by its anchor' ? { head: own, anchor } : by === 'by its head' ? { head } : {};
    expect(verifyLedger('m', found, given)).toMatchObject({ ok: false, sequence });
    // What finds it is needed for that.
    if (by === 'by its anchor') expect(verifyLedger('m', found, { head: own }).ok).toBe(true);
    if (by === 'by its head') expect(verifyLedger('m', found).ok).toBe(true);
  });

  it('finds another model’s chain', () => {
    expect(verifyLedger('another', entries, against)).toMatchObject({ ok: false, sequence: 1 });
  });
});
