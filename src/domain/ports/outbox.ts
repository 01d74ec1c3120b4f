export interface OutboxEvent {
  readonly id: string;
  readonly type: string;
  readonly detail: unknown;
}

/** Events that the ledger's transactions left to be published. */
export interface Outbox {
  /** Not delivered yet, oldest first. */
  pending(limit: number): Promise<readonly OutboxEvent[]>;
  /** Removes an event that was published; one that isn't there is removed already. */
  delivered(id: string): Promise<void>;
}
