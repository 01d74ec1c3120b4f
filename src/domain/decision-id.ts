/**
 * Ids of decisions. Deciding the same again is the same decision: the ledger takes each id once, and
 * answers a repetition with what it recorded.
 */
import { canonicalJson, sha256Hex } from './canonical.ts';

/** A run's decision about one evaluation, by the evaluation's digest. */
export function decisionIdOf(
  runId: string,
  decision: 'stage' | 'promote' | 'reject',
  digest: string,
): string {
  return `${decision}-${runId}-${hashOf({ runId, decision, digest }, 16)}`;
}

/** Staging an evaluation once more, away from what staging's pointer had at this revision. */
export function restagingIdOf(stagingId: string, revision: number): string {
  return `${stagingId}-r${revision}`;
}

/** What people answered to a run's question, by the revision of their answer. */
export function acceptanceIdOf(runId: string, revision: number): string {
  return `accept-${runId}-${revision}`;
}

/** A rollback as a decision of its own: `unique` is a fresh id. */
export function rollbackIdOf(unique: string): string {
  return `rollback-${unique}`;
}

/** A rollback that its sender may ask for again under the same key: then it is the same decision. */
export function keyedRollbackIdOf(of: {
  readonly model: string;
  readonly subject: string;
  readonly key: string;
}): string {
  return rollbackIdOf(hashOf([of.model, of.subject, of.key], 26));
}

function hashOf(value: unknown, digits: number): string {
  return sha256Hex(canonicalJson(value)).slice('sha256:'.length, 'sha256:'.length + digits);
}
