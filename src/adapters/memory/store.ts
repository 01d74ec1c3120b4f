import type { Approval } from '#domain/approval.ts';
import type { ChainedEntry, Pointer, Version } from '#domain/champion.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Lock } from '#domain/lock.ts';
import type { AcceptedCharter } from '#domain/accepted-charter.ts';
import type { Holdout } from '#domain/holdout.ts';
import type { Approvals } from '#domain/ports/approvals.ts';
import type {
  ChampionRegistry,
  OutboxEvent,
  RegistryChange,
} from '#domain/ports/champion-registry.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { Commit, Run, StepRecord } from '#domain/run.ts';
import { type ChangePart, refusalOf } from '#domain/registry-refusal.ts';
import { jsonText } from '#adapters/json-text.ts';
import { settled } from './settled.ts';

export interface MemoryStore {
  readonly runs: RunStore;
  readonly approvals: Approvals;
  readonly registry: ChampionRegistry;
}

/**
 * Run store, approvals and registry over one memory, as the two tables are one database: a registry's
 * transaction spends approvals and checks verifications of the run store. Documents are copied in and
 * out, so that nobody changes what is stored by changing what he holds.
 */
export function memoryStore(): MemoryStore {
  const commits = new Map<string, Commit>();
  const runs = new Map<string, Run>();
  const steps = new Map<string, StepRecord>();
  const locks = new Map<string, Lock>();
  const holdouts = new Map<string, Holdout>();
  const verified = new Set<string>();
  const approvals = new Map<string, Approval>();

  const runStore: RunStore = {
    putCommit: (commit) =>
      settled(() => (putIfAbsent(commits, commit.runId, commit) ? 'stored' : 'exists')),
    commit: (runId) => settled(() => copy(commits.get(runId))),
    commits: ({ model, prefix, limit }) =>
      settled(() =>
        [...commits.values()]
          .filter((c) => c.model === model && c.commit.startsWith(prefix))
          .sort((a, b) => descending(a.asOf, b.asOf) || descending(a.runId, b.runId))
          .slice(0, limit)
          .map(copy),
      ),
    createRun: (run) => settled(() => (putIfAbsent(runs, run.runId, run) ? 'created' : 'exists')),
    run: (runId) => settled(() => copy(runs.get(runId))),
    runs: ({ model, limit, cursor }) =>
      settled(() => {
        const all = [...runs.values()]
          .filter((r) => model === undefined || r.model === model)
          .sort((a, b) => descending(sortKey(a), sortKey(b)));
        const before = cursor === undefined ? undefined : placeOf(cursor, model);
        const rest = before === undefined ? all : all.filter((r) => sortKey(r) < before);
        const page = rest.slice(0, limit);
        const last = page.at(-1);
        return rest.length > page.length && last !== undefined
          ? { runs: page.map(copy), cursor: cursorOf(last, model) }
          : { runs: page.map(copy) };
      }),
    replaceRun: (run) =>
      settled(() => {
        if (runs.get(run.runId)?.revision !== run.revision - 1) {
          throw conflict(`the run ${run.runId}`, run.revision);
        }
        runs.set(run.runId, copy(run));
      }),
    recordStep: (record) =>
      settled(() => {
        // As JSON, for that is how it is stored: what JSON can't say doesn't come back.
        const output: unknown = JSON.parse(jsonText(record.output));
        putIfAbsent(steps, stepKey(record.runId, record.step, record.inputHash), {
          ...record,
          output,
        });
      }),
    step: (runId, step, inputHash) =>
      settled(() => copy(steps.get(stepKey(runId, step, inputHash)))),
    steps: (runId) =>
      settled(() =>
        [...steps.values()]
          .filter((s) => s.runId === runId)
          .sort(
            (a, b) =>
              descending(b.startedAt, a.startedAt) ||
              descending(b.step, a.step) ||
              a.attempt - b.attempt,
          )
          .map(copy),
      ),
    lock: (model) => settled(() => copy(locks.get(model))),
    putLock: (lock) =>
      settled(() => {
        if (!swap(locks, lock.model, lock)) {
          throw conflict(`the lock of ${lock.model}`, lock.revision);
        }
      }),
    holdout: (model) => settled(() => copy(holdouts.get(model))),
    putHoldout: (holdout) =>
      settled(() => {
        if (!swap(holdouts, holdout.model, holdout)) {
          throw conflict(`the holdout of ${holdout.model}`, holdout.revision);
        }
      }),
    putVerified: (model, sha256) => settled(() => void verified.add(`${model}/${sha256}`)),
    verified: (model, sha256) => settled(() => verified.has(`${model}/${sha256}`)),
  };

  const approvalStore: Approvals = {
    get: (runId, kind) => settled(() => copy(approvals.get(`${runId}/${kind}`))),
    put: (approval) =>
      settled(() => {
        if (!swap(approvals, `${approval.runId}/${approval.kind}`, approval)) {
          throw conflict(`the ${approval.kind} of ${approval.runId}`, approval.revision);
        }
      }),
  };

  return {
    runs: runStore,
    approvals: approvalStore,
    registry: memoryRegistry(approvals, verified),
  };
}

function memoryRegistry(
  approvals: Map<string, Approval>,
  verified: ReadonlySet<string>,
): ChampionRegistry {
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
    pointer: (model, slot) => settled(() => copy(pointers.get(`${model}/${slot}`))),
    commit: (change) =>
      settled(() => {
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
    head: (model) =>
      settled(() => {
        const last = ledgers.get(model)?.at(-1);
        return last === undefined ? undefined : { sequence: last.sequence, hash: last.hash };
      }),
    ledger: (model) => settled(() => (ledgers.get(model) ?? []).map(copy)),
    decision: (model, id) => settled(() => copy(decisions.get(`${model}/${id}`))),
    version: (model, version) => settled(() => copy(versions.get(`${model}/${version}`))),
    versions: (model) =>
      settled(() =>
        [...versions.values()]
          .filter((v) => v.model === model)
          .sort((a, b) => a.version - b.version)
          .map(copy),
      ),
    charter: (model) => settled(() => copy(charters.get(model))),
    outbox: (limit) => settled(() => [...outbox.values()].slice(0, limit).map(copy)),
    delivered: (id) => settled(() => void outbox.delete(id)),
  };
}

function copy<T>(value: T): T {
  return structuredClone(value);
}

function putIfAbsent<T>(map: Map<string, T>, key: string, value: T): boolean {
  if (map.has(key)) return false;
  map.set(key, copy(value));
  return true;
}

/** Stores it if what is stored has the revision before; absent counts as 0. */
function swap<T extends { readonly revision: number }>(
  map: Map<string, T>,
  key: string,
  value: T,
): boolean {
  if ((map.get(key)?.revision ?? 0) !== Math.max(0, value.revision - 1)) return false;
  map.set(key, copy(value));
  return true;
}

function stepKey(runId: string, step: string, inputHash: string): string {
  return `${runId}/${step}/${inputHash}`;
}
function sortKey(run: Run): string {
  return `${run.createdAt}#${run.runId}`;
}
function descending(a: string, b: string): number {
  return a < b ? 1 : a > b ? -1 : 0;
}

function cursorOf(run: Run, model: string | undefined): string {
  return Buffer.from(JSON.stringify([model ?? '', sortKey(run)])).toString('base64url');
}
function placeOf(cursor: string, model: string | undefined): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && parsed[0] === (model ?? '') && typeof parsed[1] === 'string') {
      return parsed[1];
    }
  } catch {
    // Falls through to the same refusal.
  }
  throw new TitleholderError('BadInput', 'the cursor is not one of this list');
}

function conflict(what: string, revision: number): TitleholderError {
  return new TitleholderError(
    'Conflict',
    `${what} is no longer at revision ${revision - 1}; read it again`,
    { revision },
  );
}
