/** MLflow follows the registry: an event only says that it is time to look. */
import * as z from 'zod';
import { type ChampionMoved, envelopeOf, type RunRejected } from '#contracts/events.ts';
import { aliasesOf } from '#domain/aliases.ts';
import { type ChainedEntry, movesOf } from '#domain/ledger.ts';
import type { Pointer } from '#domain/pointer.ts';
import type { Version } from '#domain/version.ts';
import { isNamed, TitleholderError } from '#domain/errors.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Tracking } from '#domain/ports/tracking.ts';
import { parseJson } from '#contracts/parse.ts';
import type { BatchAnswer } from '#edge/queue.ts';
import { eachMessage } from '#edge/queue.ts';
import type { Log } from '#domain/ports/log.ts';

export interface MirrorChampionDeps {
  readonly registry: Pick<ChampionRegistry, 'pointer' | 'ledger' | 'versions'>;
  readonly tracking: Pick<Tracking, 'registerVersion' | 'record' | 'setAliases' | 'setTag' | 'run'>;
  readonly log: Log;
}

const Envelope = z.discriminatedUnion('detail-type', [
  envelopeOf('ChampionMoved'),
  envelopeOf('RunRejected'),
]);

/** How far back a lost event is made good by the next one; each costs MLflow a search. */
const LOOK_BACK = 10;
/** How often the pointers may move while MLflow is written before the queue tries again. */
const ROUNDS = 3;

/**
 * Registers versions, records production's moves as runs of the Deploy stage, points the aliases, and
 * tags the run of a rejected challenger with who said no, and why.
 * Repeated and reordered events end in the same state; an event that fails comes again by its queue.
 */
export const mirrorChampion =
  (deps: MirrorChampionDeps) =>
  (event: unknown): Promise<BatchAnswer> =>
    eachMessage(event, deps.log, async (body) => {
      const event = parseJson(Envelope, body, 'the event');
      if (event['detail-type'] === 'RunRejected') await tagRejection(deps, event.detail);
      else await mirror(deps, event.detail);
    });

async function mirror(deps: MirrorChampionDeps, moved: ChampionMoved): Promise<void> {
  const { model } = moved;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = await readState(deps, model);
    const aliases = aliasesOf(before.production, before.staging, before.entries);
    const wanted = new Set([moved.version, aliases.champion, aliases.challenger, aliases.previous]);
    const versions = before.versions.filter(
      (v, i) => wanted.has(v.version) || i >= before.versions.length - LOOK_BACK,
    );
    for (const version of versions) await register(deps, version, before.entries);
    const moves = movesOf(before.entries, 'production');
    const due = moves.filter(
      (e, i) => i >= moves.length - LOOK_BACK || e.sequence === moved.sequence,
    );
    for (const entry of due) await recordMove(deps, entry, before.versions);
    await deps.tracking.setAliases(model, aliases);
    // Another mirror may have read later and written earlier: whoever wrote last must have read last.
    const after = await readState(deps, model);
    if (after.entries.length === before.entries.length && sameMoves(before, after)) {
      deps.log(`MLflow follows ${model}`, { model, champion: aliases.champion });
      return;
    }
  }
  throw new TitleholderError('Conflict', `the champion of ${model} kept moving`);
}

/** By the ledger and not by the event, as everything here. */
async function tagRejection(deps: MirrorChampionDeps, rejected: RunRejected): Promise<void> {
  const { model, runId, sequence, trackingRunId } = rejected;
  const entries = await deps.registry.ledger(model);
  const entry = entries.find((e) => e.sequence === sequence && e.runId === runId);
  if (entry?.kind !== rejected.kind) {
    throw new TitleholderError('BadInput', `the ledger of ${model} has no rejection of ${runId}`);
  }
  const tags = { decision: entry.kind, decided_by: entry.actor, decision_reason: entry.reason };
  for (const [key, value] of Object.entries(tags)) {
    await tag(deps, model, trackingRunId, key, value);
  }
}

/** A person may have deleted the run in MLflow: then it gets no tag, and the rest goes on. */
async function tag(
  { tracking, log }: MirrorChampionDeps,
  model: string,
  trackingRunId: string,
  key: string,
  value: string,
): Promise<void> {
  try {
    await tracking.setTag(trackingRunId, key, value);
  } catch (error) {
    if (!isNamed(error, 'TrackingRefused')) throw error;
    log('MLflow refused to tag a run', { model, trackingRunId, key, error: error.message });
  }
}

interface State {
  readonly production: Pointer | undefined;
  readonly staging: Pointer | undefined;
  readonly entries: readonly ChainedEntry[];
  readonly versions: readonly Version[];
}

async function readState({ registry }: MirrorChampionDeps, model: string): Promise<State> {
  const [production, staging, entries, versions] = await Promise.all([
    registry.pointer(model, 'production'),
    registry.pointer(model, 'staging'),
    registry.ledger(model),
    registry.versions(model),
  ]);
  return {
    production,
    staging,
    entries,
    versions: [...versions].sort((a, b) => a.version - b.version),
  };
}

function sameMoves(a: State, b: State): boolean {
  return (
    a.production?.revision === b.production?.revision && a.staging?.revision === b.staging?.revision
  );
}

async function register(
  deps: MirrorChampionDeps,
  version: Version,
  entries: readonly ChainedEntry[],
): Promise<void> {
  const { model, version: number, sha256, runId, commit, trackingRunId } = version;
  if (trackingRunId === null) {
    // A version in MLflow belongs to a run; without a run none can be registered.
    deps.log('a version has no run in MLflow', { model, version: number, runId });
    return;
  }
  const why = entries.find((e) => e.version === number && e.kind === 'staged')?.reason ?? '';
  await deps.tracking.registerVersion({
    model,
    version: number,
    sha256,
    trackingRunId,
    commit,
    description: `Version ${number}, from run ${runId}. ${why}`.trim(),
  });
  // The run that trained it was recorded before it had a number.
  await tag(deps, model, trackingRunId, 'model_version', String(number));
}

async function recordMove(
  deps: MirrorChampionDeps,
  entry: ChainedEntry,
  versions: readonly Version[],
): Promise<void> {
  const { model, sequence, kind, version, at } = entry;
  const served = versions.find((v) => v.version === version);
  if (version === null || served === undefined) return;
  // The run that trained this version knows its window and seed.
  const trained =
    served.trackingRunId === null ? undefined : await deps.tracking.run(served.trackingRunId);
  const back = kind === 'rolled_back';
  await deps.tracking.record({
    key: `${model}/deploy/${sequence}`,
    model,
    name: back ? `roll back to v${version}` : `deploy v${version}`,
    stage: 'Deploy',
    startedAt: at,
    endedAt: at,
    params: {
      kind,
      actor: entry.actor,
      authority: entry.authority,
      reason: entry.reason,
      decision_id: entry.decisionId,
      sequence: String(sequence),
      version: String(version),
      previous_version: String(entry.previousVersion ?? 'none'),
    },
    metrics: {},
    tags: {
      commit_sha: served.commit,
      stage: 'Deploy',
      dataset_window: trained?.tags['dataset_window'] ?? 'unknown',
      seed: trained?.tags['seed'] ?? 'unknown',
      model_version: String(version),
      rollback: String(back),
      'titleholder.run': entry.runId ?? served.runId,
      'titleholder.sha256': served.sha256,
    },
    files: [
      {
        path: 'ledger-entry.json',
        bytes: new TextEncoder().encode(JSON.stringify(entry, null, 2)),
        contentType: 'application/json',
      },
    ],
  });
}
