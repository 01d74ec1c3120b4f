/** Pointers, the ledger's chain, and where a rollback goes. Pure; the registry port stores them. */
import { canonicalJson, sha256Hex } from './canonical.ts';

export type Slot = 'staging' | 'production';

export interface Pointer {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly slot: Slot;
  readonly revision: number;
  readonly version: number;
  readonly sha256: string;
  /** One route for now; canary splits the share later. */
  readonly routes: readonly { readonly version: number; readonly share: number }[];
  readonly updatedAt: string;
}

export interface Version {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly version: number;
  readonly sha256: string;
  readonly runId: string;
  readonly commit: string;
  readonly createdAt: string;
  /** MLflow's run that holds its metrics; MLflow's own version number follows by the mirror. */
  readonly trackingRunId: string | null;
}

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

/** Verifies a whole chain from its first entry; says the first sequence at which it breaks. */
export function verifyChain(
  entries: readonly ChainedEntry[],
):
  | { readonly ok: true; readonly length: number }
  | { readonly ok: false; readonly sequence: number; readonly problem: string } {
  let previous: ChainedEntry | undefined;
  for (const entry of entries) {
    const expected = (previous?.sequence ?? 0) + 1;
    if (entry.sequence !== expected) {
      return {
        ok: false,
        sequence: expected,
        problem: `sequence ${entry.sequence} where ${expected} was due`,
      };
    }
    if (entry.prevHash !== (previous?.hash ?? null)) {
      return {
        ok: false,
        sequence: entry.sequence,
        problem: 'prevHash is not the hash of the entry before',
      };
    }
    const { hash, ...rest } = entry;
    if (sha256Hex(canonicalJson(rest)) !== hash) {
      return {
        ok: false,
        sequence: entry.sequence,
        problem: 'the content does not have this hash',
      };
    }
    previous = entry;
  }
  return { ok: true, length: entries.length };
}

/** Versions that were rolled back and are therefore not served again until cleared. */
export function quarantined(entries: readonly LedgerEntry[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const entry of entries) {
    if (entry.kind === 'rolled_back' && entry.previousVersion !== null)
      found.add(entry.previousVersion);
    if (entry.kind === 'cleared' && entry.version !== null) found.delete(entry.version);
  }
  return found;
}

/**
 * The version a rollback goes to: the champion before the present one, further back each time, never
 * one that was rolled back from. Undefined when none is left.
 *
 * The sequence of champions is a stack: a promotion pushes, a rollback pops down to its target. So a
 * second rollback can't return to the version that the first one left (the source systems' ping-pong).
 */
export function rollbackTarget(
  entries: readonly LedgerEntry[],
): { readonly version: number; readonly sha256: string } | undefined {
  const bad = quarantined(entries);
  const stack: { version: number; sha256: string }[] = [];
  for (const entry of entries) {
    if (entry.version === null || entry.sha256 === null) continue;
    if (entry.kind === 'promoted') stack.push({ version: entry.version, sha256: entry.sha256 });
    if (entry.kind === 'rolled_back') {
      while (stack.length > 0 && stack.at(-1)?.version !== entry.version) stack.pop();
    }
  }
  const current = stack.pop();
  for (let target = stack.pop(); target !== undefined; target = stack.pop()) {
    if (!bad.has(target.version) && target.version !== current?.version) return target;
  }
  return undefined;
}

/** The champion that a challenger was compared with; null: there was none. */
export type ComparedWith = Pick<Pointer, 'version' | 'sha256' | 'revision'> | null;

/**
 * Whether production is still what a challenger was compared with. The revision counts too: a champion
 * that left and came back is another comparison.
 */
export function isStillChampion(compared: ComparedWith, production: Pointer | undefined): boolean {
  if (compared === null) return production === undefined;
  return (
    production?.revision === compared.revision &&
    production.version === compared.version &&
    production.sha256 === compared.sha256
  );
}

/** The champion at a moment (ISO 8601 UTC), from the ledger alone. */
export function championAt(entries: readonly ChainedEntry[], at: string): ChainedEntry | undefined {
  return entries.findLast((e) => (e.kind === 'promoted' || e.kind === 'rolled_back') && e.at <= at);
}
