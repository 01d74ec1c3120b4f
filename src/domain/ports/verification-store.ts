/** Which artifacts staging verified; a promotion's and a rollback's transaction check it. */
export interface VerificationStore {
  /** @param at ISO 8601 UTC with milliseconds. Verified once is verified: a second call changes nothing. */
  put(verification: {
    readonly model: string;
    readonly sha256: string;
    readonly runId: string;
    readonly at: string;
  }): Promise<void>;
  has(model: string, sha256: string): Promise<boolean>;
}
