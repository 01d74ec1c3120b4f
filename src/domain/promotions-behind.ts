/** By which promotions a version came to serve. Pure: from the ledger alone. */
import { type ChainedEntry, isMove, type Move } from './ledger.ts';

/**
 * The promotion of this version, then that of the champion which it was compared with, and so on back to
 * the first. Where a champion came back by a rollback, it is its own promotion that counts.
 */
export function promotionsBehind(
  entries: readonly ChainedEntry[],
  version: number,
): readonly Move[] {
  const found: Move[] = [];
  let wanted: number | null = version;
  for (const entry of entries.toReversed()) {
    if (entry.kind !== 'promoted' || !isMove(entry, 'production')) continue;
    if (entry.version !== wanted) continue;
    found.push(entry);
    wanted = entry.previousVersion;
  }
  return found;
}
