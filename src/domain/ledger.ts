/** The ledger of a model's decisions: a hash chain, from which the past of its pointers follows. */
import { canonicalJson, sha256Hex } from './canonical.ts';
import { allTraffic, type Pointer, type Slot } from './pointer.ts';

/** Kinds are open: verifying the chain doesn't depend on them. */
export type LedgerKind =
  | 'staged'
  | 'promoted'
  | 'rolled_back'
  | 'rejected'
  | 'rejected_by_gate'
  | 'charter_accepted'
  | 'holdout_accepted';

export interface LedgerEntry {
  readonly schemaVersion: 1;
  readonly model: string;
  /** 1, 2, … without gaps. */
  readonly sequence: number;
  /** Hash of the entry before; null for the first. */
  readonly prevHash: string | null;
  readonly kind: string;
  readonly at: string;
  readonly actor: string;
  readonly authority: 'approval' | 'policy' | 'break-glass' | 'person' | 'alarm';
  readonly reason: string;
  readonly decisionId: string;
  readonly runId: string | null;
  readonly commit: string | null;
  readonly version: number | null;
  readonly sha256: string | null;
  /** The production version before this entry. */
  readonly previousVersion: number | null;
  readonly evidence: { readonly measured: string; readonly timings: string } | null;
  readonly charter: string | null;
}

export interface ChainedEntry extends LedgerEntry {
  /** sha256 of the canonical JSON of the entry without this field. */
  readonly hash: string;
}

/** Chains an entry to the head: sets sequence, prevHash and hash. */
export function chain(
  entry: Omit<LedgerEntry, 'sequence' | 'prevHash'>,
  head: { readonly sequence: number; readonly hash: string } | undefined,
): ChainedEntry {
  const linked: LedgerEntry = {
    ...entry,
    sequence: (head?.sequence ?? 0) + 1,
    prevHash: head?.hash ?? null,
  };
  return { ...linked, hash: sha256Hex(canonicalJson(linked)) };
}

/** The id of the event that an entry leaves in the outbox. */
export function eventIdOf({ model, sequence }: LedgerEntry): string {
  return `${model}-${sequence}`;
}

/** One entry of a chain, by which all before it can be recognized. */
export interface ChainPoint {
  readonly sequence: number;
  readonly hash: string;
}

export type ChainVerification =
  | { readonly ok: true; readonly length: number }
  | { readonly ok: false; readonly sequence: number; readonly problem: string };

/**
 * Verifies a model's whole chain from its first entry; says the first sequence at which it breaks.
 *
 * The links alone can't tell a chain that lost its end, or that somebody wrote anew from an entry on: the
 * `head` is where the registry says that the chain ends (null: it has none), the `anchor` an entry that
 * was kept elsewhere. What isn't given isn't compared.
 */
export function verifyLedger(
  model: string,
  entries: readonly ChainedEntry[],
  against: { readonly head?: ChainPoint | null; readonly anchor?: ChainPoint } = {},
): ChainVerification {
  let previous: ChainedEntry | undefined;
  for (const entry of entries) {
    const problem = problemOf(model, entry, previous);
    if (problem !== undefined) {
      return { ok: false, sequence: (previous?.sequence ?? 0) + 1, problem };
    }
    previous = entry;
  }
  const { head, anchor } = against;
  if (head !== undefined && (head?.hash ?? null) !== (previous?.hash ?? null)) {
    const sequence = head?.sequence ?? 1;
    return { ok: false, sequence, problem: 'the chain doesn’t end at its head' };
  }
  if (anchor !== undefined && entries[anchor.sequence - 1]?.hash !== anchor.hash) {
    const { sequence } = anchor;
    return { ok: false, sequence, problem: 'the chain doesn’t hold the entry that was kept' };
  }
  return { ok: true, length: entries.length };
}

/** What is wrong with an entry behind the one before it; undefined when nothing is. */
function problemOf(
  model: string,
  entry: ChainedEntry,
  previous: ChainedEntry | undefined,
): string | undefined {
  const expected = (previous?.sequence ?? 0) + 1;
  if (entry.sequence !== expected) return `sequence ${entry.sequence} where ${expected} was due`;
  if (entry.model !== model) return `an entry of ${entry.model} and not of ${model}`;
  if (entry.prevHash !== (previous?.hash ?? null)) {
    return 'prevHash is not the hash of the entry before';
  }
  const { hash, ...rest } = entry;
  return sha256Hex(canonicalJson(rest)) === hash
    ? undefined
    : 'the content does not have this hash';
}

/** The kinds that move a slot's pointer, each entry by one revision. */
export const MOVES = {
  staging: ['staged'],
  production: ['promoted', 'rolled_back'],
} as const satisfies Readonly<Record<Slot, readonly LedgerKind[]>>;

/** An entry that moved a pointer, and so names what it moved to. */
export type Move = ChainedEntry & { readonly version: number; readonly sha256: string };

/** The entries that moved a slot's pointer, in their order. */
export function movesOf(entries: readonly ChainedEntry[], slot: Slot): readonly Move[] {
  return entries.filter((entry) => isMove(entry, slot));
}

/** Whether an entry moved a slot's pointer. */
export function isMove(entry: ChainedEntry, slot: Slot): entry is Move {
  const kinds: readonly string[] = MOVES[slot];
  return kinds.includes(entry.kind) && entry.version !== null && entry.sha256 !== null;
}

/**
 * A slot's pointer at a moment (ISO 8601 UTC), from the ledger alone; undefined before its first move.
 *
 * Every move is one entry, so the revision is their number.
 */
export function pointerAt(
  entries: readonly ChainedEntry[],
  slot: Slot,
  at: string,
): Pointer | undefined {
  const moves = movesOf(entries, slot).filter((entry) => entry.at <= at);
  const last = moves.at(-1);
  if (last === undefined) return undefined;
  const { model, version, sha256 } = last;
  return {
    schemaVersion: 1,
    model,
    slot,
    revision: moves.length,
    version,
    sha256,
    routes: allTraffic(version, sha256),
    updatedAt: last.at,
  };
}

/** The entry that made production's champion of a moment (ISO 8601 UTC). */
export function championAt(entries: readonly ChainedEntry[], at: string): Move | undefined {
  return movesOf(entries, 'production').findLast((entry) => entry.at <= at);
}
