import type { AcceptedCharter } from '#domain/accepted-charter.ts';
import type { Approval } from '#domain/approval.ts';
import type { ChainedEntry } from '#domain/ledger.ts';
import { assertRoutes, type Pointer } from '#domain/pointer.ts';
import type { Version } from '#domain/version.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { LedgerWriter, RegistryChange } from '#domain/ports/ledger-writer.ts';
import type { Outbox, OutboxEvent } from '#domain/ports/outbox.ts';
import { type ChangePart, refusalOf } from '#domain/registry-refusal.ts';
import { copy } from './documents.ts';

/** Registry, ledger and outbox; the writer spends `approvals` and checks `verified`. */
export function memoryChampion(
  approvals: Map<string, Approval>,
  verified: ReadonlySet<string>,
): {
  readonly registry: ChampionRegistry;
  readonly ledgerWriter: LedgerWriter;
  readonly outbox: Outbox;
} {
  const pointers = new Map<string, Pointer>();
  const ledgers = new Map<string, ChainedEntry[]>();
  const decisions = new Map<string, ChainedEntry>();
  const versions = new Map<string, Version>();
  const charters = new Map<string, AcceptedCharter>();
  const outbox = new Map<string, OutboxEvent>();

  /** The parts whose conditions don't hold now. */
  const failing = (change: RegistryChange): readonly ChangePart[] => {
    const { entry, pointer, version, spend, requireVerified } = change;
    const head = ledgers.get(entry.model)?.at(-1);
    const moved =
      entry.sequence !== (head?.sequence ?? 0) + 1 || entry.prevHash !== (head?.hash ?? null);
    const held = (part: ChangePart, holds: boolean): readonly ChangePart[] => (holds ? [] : [part]);
    const approval =
      spend === undefined ? undefined : approvals.get(`${spend.runId}/${spend.kind}`);
    return [
      ...held('head', !moved),
      ...held('decision', !decisions.has(`${entry.model}/${entry.decisionId}`)),
      ...held(
        'pointer',
        pointer === undefined ||
          (pointers.get(`${pointer.model}/${pointer.slot}`)?.revision ?? 0) ===
            pointer.revision - 1,
      ),
      ...held(
        'version',
        version === undefined || !versions.has(`${version.model}/${version.version}`),
      ),
      ...held('outbox', change.outbox === undefined || !outbox.has(change.outbox.id)),
      ...held(
        'spend',
        spend === undefined ||
          (approval?.status === 'approved' && approval.revision === spend.revision),
      ),
      ...held(
        'verified',
        requireVerified === undefined || verified.has(`${entry.model}/${requireVerified}`),
      ),
    ];
  };

  return {
    registry: {
      pointer: (model, slot) => Promise.try(() => copy(pointers.get(`${model}/${slot}`))),
      head: (model) =>
        Promise.try(() => {
          const last = ledgers.get(model)?.at(-1);
          return last === undefined ? undefined : { sequence: last.sequence, hash: last.hash };
        }),
      ledger: (model) => Promise.try(() => (ledgers.get(model) ?? []).map(copy)),
      decision: (model, id) => Promise.try(() => copy(decisions.get(`${model}/${id}`))),
      version: (model, version) => Promise.try(() => copy(versions.get(`${model}/${version}`))),
      versions: (model) =>
        Promise.try(() =>
          [...versions.values()]
            .filter((v) => v.model === model)
            .sort((a, b) => a.version - b.version)
            .map(copy),
        ),
      charter: (model) => Promise.try(() => copy(charters.get(model))),
    },
    ledgerWriter: {
      commit: (change) =>
        Promise.try(() => {
          if (change.pointer !== undefined) assertRoutes(change.pointer);
          const refusal = refusalOf(failing(change), change);
          if (refusal !== undefined) throw refusal;
          const { entry, pointer, version, charter, spend } = copy(change);
          ledgers.set(entry.model, [...(ledgers.get(entry.model) ?? []), entry]);
          decisions.set(`${entry.model}/${entry.decisionId}`, entry);
          if (pointer !== undefined) pointers.set(`${pointer.model}/${pointer.slot}`, pointer);
          if (version !== undefined) versions.set(`${version.model}/${version.version}`, version);
          if (charter !== undefined) charters.set(charter.model, charter);
          if (change.outbox !== undefined) outbox.set(change.outbox.id, copy(change.outbox));
          const key = spend === undefined ? undefined : `${spend.runId}/${spend.kind}`;
          const approval = key === undefined ? undefined : approvals.get(key);
          if (key !== undefined && approval !== undefined) {
            approvals.set(key, { ...approval, status: 'spent', revision: approval.revision + 1 });
          }
        }),
    },
    outbox: {
      pending: (limit) => Promise.try(() => [...outbox.values()].slice(0, limit).map(copy)),
      delivered: (id) => Promise.try(() => void outbox.delete(id)),
    },
  };
}
