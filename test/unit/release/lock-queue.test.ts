import { describe, expect, it } from 'vitest';
import { TitleholderError } from '#domain/errors.ts';
import { executionName } from '#domain/run-id.ts';
import { askPerson } from '../../../functions/ask-person/handler.ts';
import { closeEnded } from '../../../functions/close-run/handler.ts';
import { openRun } from '../../../functions/open-run/handler.ts';
import { verifyPromotion } from '../../../functions/verify-promotion/handler.ts';
import { leaveQueue } from '#release/lock-queue.ts';
import { ended, line, SETTINGS } from '../../support/line.ts';
import { MODEL } from '../../support/world.ts';

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
    expect((await l.locks.get(MODEL))?.holder).toBe(second);
    expect((await l.locks.get(MODEL))?.waiters).toHaveLength(1);
    await leaveQueue(l, MODEL, first);
    await l.elapse(0);
    expect(await l.status(second)).toBe('awaiting_approval');
    expect((await l.locks.get(MODEL))?.waiters).toEqual([]);
  });

  it('does not pass over a run that was woken before its mark was cleared', async () => {
    const { l, first, second } = await twoRuns();
    let puts = 0;
    const dying = {
      ...l,
      locks: {
        ...l.locks,
        put: (lock: Parameters<typeof l.locks.put>[0]) => {
          puts += 1;
          if (puts === 2) return Promise.reject(new TitleholderError('Unavailable', 'died'));
          return l.locks.put(lock);
        },
      },
    };
    await expect(leaveQueue(dying, MODEL, first)).rejects.toMatchObject({ name: 'Unavailable' });
    await leaveQueue(l, MODEL, first);
    expect(await l.locks.get(MODEL)).toMatchObject({ holder: second, waiters: [] });
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
    await closeEnded(l)(ended(event));
    expect(await l.status(run)).toBe('awaiting_approval');
    expect((await l.locks.get(MODEL))?.holder).toBe(run);
  });

  it('gives an ending back to its queue while the run can’t be closed, and frees the model then', async () => {
    const l = line();
    const run = await l.commit({ commit: 'b2' });
    const away = {
      ...l,
      runs: {
        ...l.runs,
        replace: () => Promise.reject(new TitleholderError('Unavailable', 'throttled')),
      },
    };
    const event = ended(aborted(run));
    expect(await closeEnded(away)(event)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'ending' }],
    });
    expect((await l.locks.get(MODEL))?.holder).toBe(run);
    expect(await closeEnded(l)(event)).toEqual({ batchItemFailures: [] });
    expect(await l.status(run)).toBe('cancelled');
    expect((await l.locks.get(MODEL))?.holder).toBeNull();
  });

  it('closes twice as once, and keeps what the machine said', async () => {
    const l = line();
    const run = await l.commit({ commit: 'c1' });
    await l.say(run, 'reject');
    const before = await l.runOf(run);
    for (const status of ['SUCCEEDED', 'FAILED', 'ABORTED']) {
      await closeEnded(l)(
        ended({
          'detail-type': 'Step Functions Execution Status Change',
          detail: { name: executionName(run, 1), status },
        }),
      );
    }
    expect(await l.runOf(run)).toEqual(before);
  });

  it('opens no run that was stopped while it was being opened, and holds no lock for it', async () => {
    const l = line();
    const { runId, model } = await l.store({ commit: 'd1' });
    let stopped = false;
    const late = {
      ...l,
      locks: {
        ...l.locks,
        put: async (lock: Parameters<typeof l.locks.put>[0]) => {
          if (!stopped) {
            stopped = true;
            await closeEnded(l)(ended(aborted(runId)));
          }
          return l.locks.put(lock);
        },
      },
    };
    const event = { schemaVersion: 1, runId, model, attempt: 1, token: 'spent' };
    await expect(openRun(late)(event)).rejects.toMatchObject({ name: 'BadInput' });
    expect(await l.status(runId)).toBe('cancelled');
    expect((await l.locks.get(MODEL))?.holder).toBeNull();
    expect(await l.status(await l.commit({ commit: 'd2' }))).toBe('awaiting_approval');
  });

  it('opens no closed run again by a step that comes late', async () => {
    const l = line();
    const run = await l.commit({ commit: 'e1' });
    const asked = l.calls.findLast((c) => c.name === 'AskPerson')?.input;
    await l.executions.stop(executionName(run, 1), 'Stopped', 'by hand');
    await expect(askPerson(l)(asked)).rejects.toMatchObject({ name: 'BadInput' });
    expect(await l.status(run)).toBe('cancelled');

    const next = await l.commit({ commit: 'e2' });
    await l.say(next, 'approve');
    await verifyPromotion(l)(l.calls.findLast((c) => c.name === 'VerifyPromotion')?.input);
    expect(await l.runOf(next)).toMatchObject({ status: 'completed', version: 1 });
  });
});

const aborted = (runId: string) => ({
  'detail-type': 'Step Functions Execution Status Change',
  detail: { name: executionName(runId, 1), status: 'ABORTED' },
});
