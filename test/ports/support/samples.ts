/** Documents as the suites store them; every field can be set. */
import type { Approval } from '#domain/approval.ts';
import { chain, type ChainedEntry, type LedgerEntry } from '#domain/ledger.ts';
import { allTraffic, type Pointer } from '#domain/pointer.ts';
import type { Commit, Run, StepRecord } from '#domain/run.ts';

export const AT = '2026-03-01T10:00:00.000Z';
export const sha = (digit: string): string => `sha256:${digit.repeat(64)}`;

export const commitOf = (some: Partial<Commit> & { runId: string; model: string }): Commit => ({
  schemaVersion: 1,
  commit: 'a'.repeat(40),
  branch: 'main',
  bundle: sha('1'),
  data: sha('2'),
  ciReport: sha('3'),
  cause: 'push',
  submitter: 'ada',
  authors: ['ada'],
  asOf: AT,
  ...some,
});

export const runOf = (some: Partial<Run> & { runId: string; model: string }): Run => ({
  schemaVersion: 1,
  commit: 'a'.repeat(40),
  branch: 'main',
  cause: 'push',
  submitter: 'ada',
  status: 'running',
  attempt: 1,
  revision: 1,
  createdAt: AT,
  updatedAt: AT,
  ...some,
});

export const stepOf = (some: Partial<StepRecord> & { runId: string }): StepRecord => ({
  schemaVersion: 1,
  step: 'Train',
  inputHash: sha('4'),
  attempt: 1,
  output: { artifact: sha('5'), scores: [0.1, 1e-300, null], nested: { empty: '' } },
  startedAt: AT,
  endedAt: AT,
  ...some,
});

export const approvalOf = (
  some: Partial<Approval> & { runId: string; model: string },
): Approval => ({
  schemaVersion: 1,
  kind: 'approval',
  token: 'token',
  digest: sha('6'),
  status: 'pending',
  required: 1,
  authors: ['ada'],
  decisions: [],
  requestedAt: AT,
  expiresAt: '2026-03-02T10:00:00.000Z',
  revision: 1,
  ...some,
});

export const entryOf = (
  some: Partial<Omit<LedgerEntry, 'sequence' | 'prevHash'>> & { model: string; decisionId: string },
  head?: { readonly sequence: number; readonly hash: string },
): ChainedEntry =>
  chain(
    {
      schemaVersion: 1,
      kind: 'promoted',
      at: AT,
      actor: 'grace',
      authority: 'approval',
      reason: 'better by 0.02 “AUC”',
      runId: 'run',
      commit: 'a'.repeat(40),
      version: 1,
      sha256: sha('7'),
      previousVersion: null,
      evidence: { measured: sha('8'), timings: sha('9') },
      charter: null,
      ...some,
    },
    head,
  );

export const pointerOf = (some: Partial<Pointer> & { model: string }): Pointer => ({
  schemaVersion: 1,
  slot: 'production',
  revision: 1,
  version: 1,
  sha256: sha('7'),
  routes: allTraffic(some.version ?? 1, some.sha256 ?? sha('7')),
  updatedAt: AT,
  ...some,
});
