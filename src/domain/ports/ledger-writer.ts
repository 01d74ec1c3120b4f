import type { AcceptedCharter } from '#domain/accepted-charter.ts';
import type { ApprovalKind } from '#domain/approval.ts';
import type { ChainedEntry } from '#domain/ledger.ts';
import type { Pointer } from '#domain/pointer.ts';
import type { Version } from '#domain/version.ts';
import type { OutboxEvent } from './outbox.ts';

/** Everything one decision changes, in one transaction: all of it, or nothing. */
export interface RegistryChange {
  readonly entry: ChainedEntry;
  /** Pointer compare-and-swap: the stored revision must be `pointer.revision - 1` (absent: 0). */
  readonly pointer?: Pointer;
  /** Put-if-absent. */
  readonly version?: Version;
  readonly charter?: AcceptedCharter;
  /** Spent in the same transaction: must be `approved` at this revision. */
  readonly spend?: {
    readonly runId: string;
    readonly kind: ApprovalKind;
    readonly revision: number;
  };
  /** Condition: staging verified this hash. */
  readonly requireVerified?: string;
  readonly outbox?: OutboxEvent;
}

/** The one way into the ledger, and to the pointers that its entries move. */
export interface LedgerWriter {
  /**
   * Throws `ChampionMoved` (pointer or ledger head), `DecisionExists`, `ApprovalStale`, `Conflict`, and
   * `BadInput` for a pointer whose routes can't be served.
   */
  commit(change: RegistryChange): Promise<void>;
}
