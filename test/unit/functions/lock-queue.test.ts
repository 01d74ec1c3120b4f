import { describe, expect, it } from 'vitest';
import { TitleholderError } from '../../../domain/errors.ts';
import { executionName } from '../../../domain/run.ts';
import { closeRun } from '../../../functions/close-run/handler.ts';
import { leaveQueue } from '../../../release/lock-queue.ts';
import { line, MODEL, SETTINGS } from './line-harness.ts';

async function twoRuns() {
  const l = line();
  const first = await l.commit({ commit: 'a1', settings: SETTINGS.weak });
  const second = await l.commit({ commit: 'a2', settings: SETTINGS.weak });
  expect(await l.status(second)).toBe('waiting');
  return { l, first, second };
}

describe('the lock’s queue', () => {
  it('wakes the next run although the closer died between moving the lock and waking', async () => {
    const { l, first, second } = await twoRuns();
    const dying = {
      ...l,
      executions: {
        ...l.executions,
        succeed: () => Promise.reject(new TitleholderError('Unavailable', 'died')),
      },
    };
    await expect(leaveQueue(dying, MODEL, first)).rejects.toMatchObject({ name: 'Unavailable' });
    expect((await l.runs.lock(MODEL))?.holder).toBe(second);
    expect((await l.runs.lock(MODEL))?.waiters).toHaveLength(1);
    await leaveQueue(l, MODEL, first);
    await l.elapse(0);
    expect(await l.status(second)).toBe('awaiting_approval');
    expect((await l.runs.lock(MODEL))?.waiters).toEqual([]);
  });

  it('does not pass over a run that was woken before its mark was cleared', async () => {
    const { l, first, second } = await twoRuns();
    let puts = 0;
    const dying = {
      ...l,
      runs: {
        ...l.runs,
        putLock: (lock: Parameters<typeof l.runs.putLock>[0]) => {
          puts += 1;
          if (puts === 2) return Promise.reject(new TitleholderError('Unavailable', 'died'));
          return l.runs.putLock(lock);
        },
      },
    };
    await expect(leaveQueue(dying, MODEL, first)).rejects.toMatchObject({ name: 'Unavailable' });
    await leaveQueue(l, MODEL, first);
    expect(await l.runs.lock(MODEL)).toMatchObject({ holder: second, waiters: [] });
  });

  it('ignores an event about an attempt that a later one replaced', async () => {
    const l = line();
    const run = await l.commit({ commit: 'b1' });
    await l.executions.stop(executionName(run, 1), 'Stopped', 'by hand');
    await l.resume(run);
    const event = {
      'detail-type': 'Step Functions Execution Status Change',
      detail: { name: executionName(run, 1), status: 'ABORTED' },
    };
    await closeRun(l)(event);
    expect(await l.status(run)).toBe('awaiting_approval');
    expect((await l.runs.lock(MODEL))?.holder).toBe(run);
  });

  it('closes twice as once, and keeps what the machine said', async () => {
    const l = line();
    const run = await l.commit({ commit: 'c1' });
    await l.say(run, 'reject');
    const before = await l.runOf(run);
    for (const status of ['SUCCEEDED', 'FAILED', 'ABORTED']) {
      await closeRun(l)({
        'detail-type': 'Step Functions Execution Status Change',
        detail: { name: executionName(run, 1), status },
      });
    }
    expect(await l.runOf(run)).toEqual(before);
  });
});
