import { describe, expect, it } from 'vitest';
import { WAITING_STATUS, waitsForPerson } from '#domain/approval.ts';
import { isOpen, RUN_STATUSES, type RunStatus } from '#domain/run.ts';

/** Every status: whether a run of it waits for a person. */
const WAITS: Readonly<Record<RunStatus, boolean>> = {
  running: false,
  waiting: false,
  ci_complete: true,
  awaiting_approval: true,
  held: true,
  rejected_by_gate: false,
  rejected: false,
  failed: false,
  timed_out: false,
  cancelled: false,
  superseded: false,
  cd_complete: false,
  completed: false,
  rolled_back: false,
};

describe('the statuses that wait for a person', () => {
  it.each(RUN_STATUSES)('%s', (status) => {
    expect(waitsForPerson(status)).toBe(WAITS[status]);
  });

  it('are one a kind of question, and open', () => {
    expect(WAITING_STATUS).toEqual({
      approval: 'awaiting_approval',
      continue: 'ci_complete',
      acceptance: 'held',
    });
    const statuses = Object.values(WAITING_STATUS);
    expect(new Set(statuses).size).toBe(statuses.length);
    expect(statuses.every(isOpen)).toBe(true);
  });
});
