import type { AcceptedCharter } from '#domain/accepted-charter.ts';
import type { ApprovalKind } from '#domain/approval.ts';
import type { ChainedEntry, Pointer, Slot, Version } from '#domain/champion.ts';

export interface OutboxEvent {
  readonly id: string;
  readonly type: string;
  readonly detail: unknown;
}

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

export interface ChampionRegistry {
  pointer(model: string, slot: Slot): Promise<Pointer | undefined>;
  /** Throws `ChampionMoved` (pointer or ledger head), `DecisionExists`, `ApprovalStale`, `Conflict`. */
  commit(change: RegistryChange): Promise<void>;
  head(model: string): Promise<{ readonly sequence: number; readonly hash: string } | undefined>;
  /** In order of sequence, all pages. */
  ledger(model: string): Promise<readonly ChainedEntry[]>;
  /** The entry that recorded this decision, if it was. */
  decision(model: string, decisionId: string): Promise<ChainedEntry | undefined>;
  version(model: string, version: number): Promise<Version | undefined>;
  versions(model: string): Promise<readonly Version[]>;
  charter(model: string): Promise<AcceptedCharter | undefined>;
  outbox(limit: number): Promise<readonly OutboxEvent[]>;
  delivered(id: string): Promise<void>;
}
