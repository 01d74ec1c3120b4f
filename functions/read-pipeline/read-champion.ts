/** Pointers, ledger, and what MLflow says beside them. */
import { aliasesOf } from '#domain/aliases.ts';
import {
  type ChainedEntry,
  type ChainPoint,
  championAt,
  pointerAt,
  verifyLedger,
} from '#domain/ledger.ts';
import { quarantined } from '#domain/rollback.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { Tracking } from '#domain/ports/tracking.ts';
import type { ChampionAnswer, LedgerAnswer, TrackedChampionAnswer } from '#contracts/answers.ts';

/** GET /champion: now from the pointers, at a moment from the ledger. */
export async function readChampion(
  deps: { readonly registry: ChampionRegistry; readonly clock: Clock },
  model: string,
  at: string | undefined,
): Promise<ChampionAnswer> {
  const entries = await deps.registry.ledger(model);
  if (at !== undefined) {
    const moment = new Date(at).toISOString();
    return {
      model,
      at: moment,
      production: pointerAt(entries, 'production', moment) ?? null,
      staging: pointerAt(entries, 'staging', moment) ?? null,
      since: championAt(entries, moment) ?? null,
      quarantined: [...quarantined(entries.filter((e) => e.at <= moment))],
    };
  }
  const [production, staging] = await Promise.all([
    deps.registry.pointer(model, 'production'),
    deps.registry.pointer(model, 'staging'),
  ]);
  return {
    model,
    production: production ?? null,
    staging: staging ?? null,
    since: championAt(entries, deps.clock.now()) ?? null,
    quarantined: [...quarantined(entries)],
  };
}

/** GET /ledger: the entries, where they end, and whether they are the whole chain up to there. */
export async function readLedger(registry: ChampionRegistry, model: string): Promise<LedgerAnswer> {
  const [entries, head] = await ledgerAtRest(registry, model);
  return { entries, head, verification: verifyLedger(model, entries, { head }) };
}

/** Entries and head of one moment: an entry that is appended between the two reads is no alarm. */
async function ledgerAtRest(
  registry: ChampionRegistry,
  model: string,
): Promise<readonly [readonly ChainedEntry[], ChainPoint | null]> {
  let head = await registry.head(model);
  for (;;) {
    const entries = await registry.ledger(model);
    const after = await registry.head(model);
    if (after?.hash === head?.hash) return [entries, head ?? null];
    head = after;
  }
}

/** GET /mlflow/champion: pointer and aliases side by side. */
export async function readTrackedChampion(
  deps: { readonly registry: ChampionRegistry; readonly tracking: Tracking },
  model: string,
): Promise<TrackedChampionAnswer> {
  const [production, staging, entries, aliases] = await Promise.all([
    deps.registry.pointer(model, 'production'),
    deps.registry.pointer(model, 'staging'),
    deps.registry.ledger(model),
    deps.tracking.aliases(model),
  ]);
  const expected = aliasesOf(production, staging, entries);
  const shown = aliases ?? { champion: null, challenger: null, previous: null };
  const names = ['champion', 'challenger', 'previous'] as const;
  const wrong = names.filter((name) => shown[name] !== expected[name]);
  const agree = wrong.length === 0;
  const message = agree
    ? 'MLflow agrees with the registry'
    : `MLflow disagrees: ${wrong
        .map((name) => `${name} is ${shown[name] ?? 'none'}, should be ${expected[name] ?? 'none'}`)
        .join('; ')}`;
  return {
    model,
    pointer: production ?? null,
    aliases: shown,
    expected,
    agree,
    message,
  };
}
