import type { Approval, ApprovalKind } from '#domain/approval.ts';

export interface Approvals {
  get(runId: string, kind: ApprovalKind): Promise<Approval | undefined>;
  /** Stores it if the stored revision is `approval.revision - 1` (absent counts as 0). Throws `Conflict`. */
  put(approval: Approval): Promise<void>;
}
