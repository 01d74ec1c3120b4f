import type { Holdout } from '#domain/holdout.ts';
import type { Lock } from '#domain/lock.ts';
import type { Commit, Run, StepRecord } from '#domain/run.ts';

export interface RunStore {
  /** Put-if-absent by run id. */
  putCommit(commit: Commit): Promise<'stored' | 'exists'>;
  commit(runId: string): Promise<Commit | undefined>;
  /** A model's commits whose hash begins with `prefix` (may be empty), newest `asOf` first. */
  commits(query: {
    readonly model: string;
    readonly prefix: string;
    readonly limit: number;
  }): Promise<readonly Commit[]>;
  /** Put-if-absent: the duplicate check. */
  createRun(run: Run): Promise<'created' | 'exists'>;
  run(runId: string): Promise<Run | undefined>;
  /** Newest first; `cursor` from the page before. */
  runs(query: {
    readonly model?: string;
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<{ readonly runs: readonly Run[]; readonly cursor?: string }>;
  /** Replaces the run if its revision is still `run.revision - 1`. Throws `Conflict`. */
  replaceRun(run: Run): Promise<void>;
  recordStep(record: StepRecord): Promise<void>;
  step(runId: string, step: string, inputHash: string): Promise<StepRecord | undefined>;
  steps(runId: string): Promise<readonly StepRecord[]>;
  lock(model: string): Promise<Lock | undefined>;
  /** Stores the lock if the stored revision is `lock.revision - 1` (absent counts as 0). Throws `Conflict`. */
  putLock(lock: Lock): Promise<void>;
  holdout(model: string): Promise<Holdout | undefined>;
  /** As `putLock`. */
  putHoldout(holdout: Holdout): Promise<void>;
  /** Says that staging verified this hash; the promotion's transaction checks it. */
  putVerified(model: string, sha256: string, runId: string, at: string): Promise<void>;
  verified(model: string, sha256: string): Promise<boolean>;
}
