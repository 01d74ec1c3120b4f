import type { StepRecord } from '#domain/run.ts';

/** Recorded outputs of a run's steps; `resume` and the next step's check read them. */
export interface StepStore {
  /** Put-if-absent by run, step and input hash: the first record stands. */
  record(record: StepRecord): Promise<void>;
  get(runId: string, step: string, inputHash: string): Promise<StepRecord | undefined>;
  /** A run's records in the order in which they began. */
  list(runId: string): Promise<readonly StepRecord[]>;
}
