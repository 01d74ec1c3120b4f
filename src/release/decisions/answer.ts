import type { Moved } from '#contracts/steps.ts';
import type { ChainedEntry } from '#domain/champion.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { DecisionDeps } from './commit-decision.ts';

/** Kinds of entries that move a slot's pointer, by one revision each. */
const MOVES = { staging: ['staged'], production: ['promoted', 'rolled_back'] } as const;

/**
 * What an entry that moved a pointer is answered with: the same when the decision is made again, also
 * when the pointer has moved on since.
 */
export async function movedAnswer(
  deps: DecisionDeps,
  entry: ChainedEntry,
  slot: keyof typeof MOVES,
): Promise<Moved> {
  const { version, sha256, sequence, previousVersion } = entry;
  if (version === null || sha256 === null || !moves(slot, entry)) {
    throw new TitleholderError(
      'DecisionExists',
      `the decision ${entry.decisionId} is recorded as ${entry.kind}`,
    );
  }
  const entries = await deps.registry.ledger(entry.model);
  const revision = entries.filter((e) => e.sequence <= sequence && moves(slot, e)).length;
  return { version, sha256, revision, sequence, previousVersion };
}

function moves(slot: keyof typeof MOVES, entry: { readonly kind: string }): boolean {
  return MOVES[slot].some((kind) => kind === entry.kind);
}
