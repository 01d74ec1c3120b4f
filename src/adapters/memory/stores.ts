import type { Approval } from '#domain/approval.ts';
import type { Holdout } from '#domain/holdout.ts';
import type { Lock } from '#domain/lock.ts';
import type { Approvals } from '#domain/ports/approvals.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { HoldoutStore } from '#domain/ports/holdout-store.ts';
import type { LedgerWriter } from '#domain/ports/ledger-writer.ts';
import type { LockStore } from '#domain/ports/lock-store.ts';
import type { Outbox } from '#domain/ports/outbox.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { StepStore } from '#domain/ports/step-store.ts';
import type { VerificationStore } from '#domain/ports/verification-store.ts';
import { byStart, type Commit, newestFirst, type StepRecord } from '#domain/run.ts';
import { jsonText } from '#adapters/json-text.ts';
import { memoryChampion } from './champion-registry.ts';
import { copy, putIfAbsent, putNext } from './documents.ts';
import { memoryRunStore } from './run-store.ts';

export interface MemoryStores {
  readonly commits: CommitStore;
  readonly runs: RunStore;
  readonly steps: StepStore;
  readonly locks: LockStore;
  readonly holdouts: HoldoutStore;
  readonly verifications: VerificationStore;
  readonly approvals: Approvals;
  readonly registry: ChampionRegistry;
  readonly ledgerWriter: LedgerWriter;
  readonly outbox: Outbox;
}

/**
 * Every store over one memory, as the two tables are one database: the ledger's transaction spends an
 * approval and checks a verification. Work runs at once and whole, so that a compare-and-swap is as
 * atomic as in a database.
 */
export function memoryStores(): MemoryStores {
  const approvals = new Map<string, Approval>();
  const verified = new Set<string>();
  return {
    commits: memoryCommitStore(),
    runs: memoryRunStore(),
    steps: memoryStepStore(),
    locks: memoryLockStore(),
    holdouts: memoryHoldoutStore(),
    verifications: {
      put: ({ model, sha256 }) => Promise.try(() => void verified.add(`${model}/${sha256}`)),
      has: (model, sha256) => Promise.try(() => verified.has(`${model}/${sha256}`)),
    },
    approvals: {
      get: (runId, kind) => Promise.try(() => copy(approvals.get(`${runId}/${kind}`))),
      put: (approval) =>
        Promise.try(() => {
          const { runId, kind } = approval;
          putNext(approvals, `${runId}/${kind}`, approval, `the ${kind} of ${runId}`);
        }),
    },
    ...memoryChampion(approvals, verified),
  };
}

function memoryCommitStore(): CommitStore {
  const commits = new Map<string, Commit>();
  return {
    put: (commit) =>
      Promise.try(() => (putIfAbsent(commits, commit.runId, commit) ? 'stored' : 'exists')),
    get: (runId) => Promise.try(() => copy(commits.get(runId))),
    list: ({ model, prefix, limit }) =>
      Promise.try(() =>
        [...commits.values()]
          .filter((c) => c.model === model && c.commit.startsWith(prefix))
          .sort(newestFirst)
          .slice(0, limit)
          .map(copy),
      ),
  };
}

function memoryStepStore(): StepStore {
  const steps = new Map<string, StepRecord>();
  const key = (runId: string, step: string, inputHash: string) => `${runId}/${step}/${inputHash}`;
  return {
    record: (record) =>
      Promise.try(() => {
        // Copied as JSON, as it is stored elsewhere, so that what JSON can't express is lost here too.
        const output: unknown = JSON.parse(jsonText(record.output));
        const stored = { ...record, output };
        putIfAbsent(steps, key(record.runId, record.step, record.inputHash), stored);
      }),
    get: (runId, step, inputHash) =>
      Promise.try(() => copy(steps.get(key(runId, step, inputHash)))),
    list: (runId) =>
      Promise.try(() =>
        [...steps.values()]
          .filter((s) => s.runId === runId)
          .sort(byStart)
          .map(copy),
      ),
  };
}

function memoryLockStore(): LockStore {
  const locks = new Map<string, Lock>();
  return {
    get: (model) => Promise.try(() => copy(locks.get(model))),
    put: (lock) =>
      Promise.try(() => {
        putNext(locks, lock.model, lock, `the lock of ${lock.model}`);
      }),
  };
}

function memoryHoldoutStore(): HoldoutStore {
  const holdouts = new Map<string, Holdout>();
  return {
    get: (model) => Promise.try(() => copy(holdouts.get(model))),
    put: (holdout) =>
      Promise.try(() => {
        putNext(holdouts, holdout.model, holdout, `the holdout of ${holdout.model}`);
      }),
  };
}
