import type { Commit } from '#domain/run.ts';

export interface CommitStore {
  /** Put-if-absent by run id. */
  put(commit: Commit): Promise<'stored' | 'exists'>;
  get(runId: string): Promise<Commit | undefined>;
  /** A model's commits whose hash begins with `prefix` (may be empty), newest `asOf` first. */
  list(query: {
    readonly model: string;
    readonly prefix: string;
    readonly limit: number;
  }): Promise<readonly Commit[]>;
}
