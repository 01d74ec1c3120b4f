import type { Moved } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import { type ChainedEntry, isMove, movesOf } from '#domain/ledger.ts';
import type { Slot } from '#domain/pointer.ts';
import type { DecisionDeps } from './commit-decision.ts';

/**
 * What an entry that moved a pointer is answered with: the same when the decision is made again, also
 * when the pointer has moved on since.
 */
export async function movedAnswer(
  deps: DecisionDeps,
  entry: ChainedEntry,
  slot: Slot,
): Promise<Moved> {
  if (!isMove(entry, slot)) {
    throw new TitleholderError(
      'DecisionExists',
      `the decision ${entry.decisionId} is recorded as ${entry.kind}`,
    );
  }
  const { version, sha256, sequence, previousVersion } = entry;
  const moves = movesOf(await deps.registry.ledger(entry.model), slot);
  const revision = moves.filter((move) => move.sequence <= sequence).length;
  return { version, sha256, revision, sequence, previousVersion };
}
