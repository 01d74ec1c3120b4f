/**
 * An approval gathers the decisions of people about one run and spends the task token once.
 *
 * It is bound to the evidence it was asked for; a decision on other evidence is refused.
 */
import type { RunStatus } from './run.ts';

/** approval: promote it? · continue: go on to CD? · acceptance: accept a changed charter or holdout. */
export const APPROVAL_KINDS = ['approval', 'continue', 'acceptance'] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];
/**
 * What a run's status says while a question of each kind is open; no other status waits for a person.
 */
export const WAITING_STATUS = {
  approval: 'awaiting_approval',
  continue: 'ci_complete',
  acceptance: 'held',
} as const satisfies Readonly<Record<ApprovalKind, RunStatus>>;

/** Whether a run of this status does nothing but wait for a person. */
export function waitsForPerson(status: RunStatus): boolean {
  return Object.values(WAITING_STATUS).some((waiting) => waiting === status);
}

export type ApprovalStatus = 'pending' | 'approved' | 'rejected' | 'stale' | 'spent';

export interface Decision {
  readonly id: string;
  readonly actor: string;
  readonly choice: 'approve' | 'reject';
  readonly reason: string;
  readonly at: string;
}

export interface Approval {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly kind: ApprovalKind;
  readonly model: string;
  /** Never leaves the server. */
  readonly token: string;
  /** sha256 over everything the decision is about: evidence, charter, champion compared against. */
  readonly digest: string;
  readonly status: ApprovalStatus;
  readonly required: number;
  /** Subjects who may not decide: the submitter and the authors. */
  readonly authors: readonly string[];
  readonly decisions: readonly Decision[];
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly revision: number;
}

export type Refusal = 'expired' | 'author' | 'decided' | 'stale' | 'twice';

/**
 * Adds a decision. One rejection rejects; approvals count distinct people until `required`.
 * The same person saying the same again changes nothing (idempotent); `now` is ISO 8601 UTC.
 */
export function decideApproval(
  approval: Approval,
  decision: Decision,
  digest: string | undefined,
): { readonly approval: Approval } | { readonly refused: Refusal } {
  const own = approval.decisions.find((d) => d.actor === decision.actor);
  if (own !== undefined && own.choice === decision.choice && approval.status !== 'stale') {
    return { approval };
  }
  if (approval.status === 'stale') return { refused: 'stale' };
  if (approval.status !== 'pending') return { refused: 'decided' };
  if (!(decision.at < approval.expiresAt)) return { refused: 'expired' };
  if (digest !== undefined && digest !== approval.digest) return { refused: 'stale' };
  // An author may withdraw their own commit, but never wave it through.
  if (decision.choice === 'approve' && approval.authors.includes(decision.actor)) {
    return { refused: 'author' };
  }
  if (own !== undefined) return { refused: 'twice' };
  const decisions = [...approval.decisions, decision];
  const approvers = new Set(decisions.filter((d) => d.choice === 'approve').map((d) => d.actor));
  const status: ApprovalStatus =
    decision.choice === 'reject'
      ? 'rejected'
      : approvers.size >= approval.required
        ? 'approved'
        : 'pending';
  return { approval: { ...approval, decisions, status, revision: approval.revision + 1 } };
}
