/** The one function that writes pointers and ledger, called by name; its errors keep their names. */
export interface Decisions {
  /** Takes a decision in the form that function reads, and returns what it answers. */
  record(decision: unknown): Promise<unknown>;
}
