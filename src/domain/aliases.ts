/** Where MLflow's aliases belong: a pure function of the registry, never of an event. */
import type { LedgerEntry } from './ledger.ts';
import type { Pointer } from './pointer.ts';
import { quarantined, rollbackTarget } from './rollback.ts';
import type { TrackingAliases } from './ports/tracking.ts';

/**
 * champion: what production serves · challenger: what staging serves, where it is another version that
 * wasn't rolled back · previous: where a rollback would go.
 */
export function aliasesOf(
  production: Pointer | undefined,
  staging: Pointer | undefined,
  ledger: readonly LedgerEntry[],
): TrackingAliases {
  const differs = staging !== undefined && staging.version !== production?.version;
  return {
    champion: production?.version ?? null,
    challenger: differs && !quarantined(ledger).has(staging.version) ? staging.version : null,
    previous: rollbackTarget(ledger)?.version ?? null,
  };
}
