import type { Run } from '#domain/run.ts';

export interface RunStore {
  /** Put-if-absent: the duplicate check. */
  create(run: Run): Promise<'created' | 'exists'>;
  get(runId: string): Promise<Run | undefined>;
  /** Newest first, eventually consistent; `cursor` from the page before. */
  list(query: {
    readonly model?: string;
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<{ readonly runs: readonly Run[]; readonly cursor?: string }>;
  /** Replaces the run if its revision is still `run.revision - 1`. Throws `Conflict`. */
  replace(run: Run): Promise<void>;
}
