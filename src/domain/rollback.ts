/** Where a rollback goes. Pure: from the ledger alone. */
import type { ChainedEntry, LedgerEntry } from './ledger.ts';

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
 * second rollback can't return to the version that the first one left.
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

/**
 * The version that somebody asked to go back to: a champion from before the present one's promotion,
 * which isn't quarantined. Undefined where `to` is none.
 */
export function askedTarget(
  entries: readonly ChainedEntry[],
  current: number,
  to: number,
): { readonly version: number; readonly sha256: string } | undefined {
  const promotions = entries.filter((e) => e.kind === 'promoted');
  const now = promotions.findLast((e) => e.version === current);
  const then = promotions.findLast((e) => e.version === to);
  if (now === undefined || then === undefined || then.sha256 === null) return undefined;
  if (!(then.sequence < now.sequence) || quarantined(entries).has(to)) return undefined;
  return { version: to, sha256: then.sha256 };
}
