/** A run: one commit on its way to becoming, or failing to become, the champion. */

export const RUN_STATUSES = [
  'running',
  'waiting',
  'ci_complete',
  'awaiting_approval',
  'held',
  'rejected_by_gate',
  'rejected',
  'failed',
  'timed_out',
  'cancelled',
  'superseded',
  'cd_complete',
  'completed',
  'rolled_back',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

const OPEN: readonly RunStatus[] = [
  'running',
  'waiting',
  'ci_complete',
  'awaiting_approval',
  'held',
  'cd_complete',
];

/** Whether the run can still change by itself; a closed run changes only by `resume` or rollback. */
export function isOpen(status: RunStatus): boolean {
  return OPEN.includes(status);
}

export interface Commit {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly model: string;
  /** 40 hex digits. */
  readonly commit: string;
  readonly branch: string;
  /** Hash of the packed model folder. */
  readonly bundle: string;
  /** Hash of the data table's bytes. */
  readonly data: string;
  readonly ciReport: string;
  /** `push`, `data:<hash>`, `schedule:<slot>` or `drift:<id>`. */
  readonly cause: string;
  /** From the verified token, never from the body. */
  readonly submitter: string;
  /** The submitter and every mapped author of the commit's range; none of them may approve. */
  readonly authors: readonly string[];
  /** Server time when the commit was stored: the only time inside artifacts and evidence. */
  readonly asOf: string;
}

export interface Run {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly model: string;
  readonly commit: string;
  readonly branch: string;
  readonly cause: string;
  readonly submitter: string;
  readonly status: RunStatus;
  /** 1 for the first execution; `resume` starts the next. */
  readonly attempt: number;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly reason?: string;
  /** The literal error name of a failed run. */
  readonly error?: string;
  readonly verdict?: 'promote' | 'hold' | 'reject';
  /** The registry's version, once one was minted. */
  readonly version?: number;
  readonly supersededBy?: string;
  readonly cancelledBy?: string;
}

/** A step's recorded output; `resume` reuses it when the step's input is the same. */
export interface StepRecord {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly step: string;
  readonly inputHash: string;
  readonly attempt: number;
  readonly output: unknown;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** Orders step records as they began. */
export function byStart(a: StepRecord, b: StepRecord): number {
  return order(a.startedAt, b.startedAt) || order(a.step, b.step) || a.attempt - b.attempt;
}

/** Orders commits by when they were stored, the newest first. */
export function newestFirst(a: Commit, b: Commit): number {
  return order(b.asOf, a.asOf) || order(b.runId, a.runId);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
