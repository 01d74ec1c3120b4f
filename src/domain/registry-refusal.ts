/** Why a registry's transaction was refused: one function for every registry, so that all give the same error. */
import { TitleholderError } from './errors.ts';
import type { RegistryChange } from './ports/ledger-writer.ts';

/** The parts of a change that carry a condition. */
export type ChangePart =
  | 'entry'
  | 'head'
  | 'decision'
  | 'pointer'
  | 'version'
  | 'charter'
  | 'outbox'
  | 'spend'
  | 'verified';

/**
 * The one error for the parts whose conditions failed; undefined when none did.
 *
 * Several conditions fail together. A caller that repeats a recorded decision also finds head and pointer
 * moved, and must learn that the decision is recorded; a caller that lost the race must read again first.
 */
export function refusalOf(
  failed: readonly ChangePart[],
  change: RegistryChange,
): TitleholderError | undefined {
  const { entry, version, spend, requireVerified } = change;
  const { model } = entry;
  if (failed.includes('decision')) {
    return new TitleholderError(
      'DecisionExists',
      `the decision ${entry.decisionId} on ${model} is recorded already`,
      { model, decisionId: entry.decisionId },
    );
  }
  if (failed.includes('head') || failed.includes('entry')) {
    return new TitleholderError(
      'ChampionMoved',
      `the ledger of ${model} is no longer at sequence ${entry.sequence - 1}; read it again`,
      { model, sequence: entry.sequence },
    );
  }
  if (failed.includes('pointer')) {
    const slot = change.pointer?.slot ?? null;
    const revision = change.pointer?.revision ?? null;
    return new TitleholderError(
      'ChampionMoved',
      `the ${slot ?? 'unknown'} pointer of ${model} was moved by somebody else; read it again`,
      { model, slot, revision },
    );
  }
  if (failed.includes('spend')) {
    return new TitleholderError(
      'ApprovalStale',
      `the ${spend?.kind ?? 'approval'} of ${spend?.runId ?? model} is not approved at this revision, or was spent already`,
      { runId: spend?.runId ?? null, revision: spend?.revision ?? null },
    );
  }
  if (failed.includes('verified')) {
    return new TitleholderError(
      'Conflict',
      `staging has not verified ${requireVerified ?? 'this hash'} for ${model}`,
      { model, sha256: requireVerified ?? null },
    );
  }
  if (failed.includes('version')) {
    return new TitleholderError(
      'Conflict',
      `version ${version?.version ?? '?'} of ${model} exists already`,
      { model, version: version?.version ?? null },
    );
  }
  if (failed.includes('outbox') || failed.includes('charter')) {
    return new TitleholderError(
      'Conflict',
      `the event ${change.outbox?.id ?? '?'} is in the outbox already`,
      { model },
    );
  }
  return undefined;
}
