import { describe, expect, it } from 'vitest';
import { line, SETTINGS } from '../../support/line.ts';
import { MODEL } from '../../support/world.ts';

describe('a commit whose model is the champion', () => {
  it.each([
    ['of an unchanged folder', {}],
    ['with another text in README alone', { readme: 'Ask the claims team.\n' }],
  ])('%s completes, says so, asks nobody and moves nothing', async (_what, change) => {
    const l = line();
    const first = await l.commit({ commit: 'a1' });
    await l.say(first, 'approve');
    const before = await l.registry.ledger(MODEL);
    const events = l.bus.events.length;
    const pointer = await l.registry.pointer(MODEL, 'production');

    const again = await l.commit({ commit: 'a2', ...change });
    const run = await l.runOf(again);
    expect(run).toMatchObject({
      status: 'completed',
      verdict: 'hold',
      reason:
        'the same model as the champion (version 1) in everything but its provenance: nothing changes, and nobody is asked',
    });
    expect(run.version).toBeUndefined();
    expect(await l.approvals.get(again, 'approval')).toBeUndefined();
    expect(await l.registry.ledger(MODEL)).toEqual(before);
    expect(await l.registry.pointer(MODEL, 'production')).toEqual(pointer);
    expect(await l.registry.versions(MODEL)).toHaveLength(1);
    expect(l.bus.events).toHaveLength(events);
    // Its file is another: it names its own commit.
    const artifacts = l.calls
      .filter((call) => call.name === 'FullTrain')
      .map((call) => (call.output as { artifact: string }).artifact);
    expect(new Set(artifacts).size).toBe(2);
    const tracked = (await l.tracking.runs({ model: MODEL, stage: 'CD', limit: 10 })).runs;
    expect(tracked).toHaveLength(2);
    expect(tracked[0]?.tags).toMatchObject({ verdict: 'hold', model_version: 'none' });
    expect((await l.locks.get(MODEL))?.holder).toBeNull();
  });

  it('after a rollback is one that serves again, not the one that was left', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'b1', settings: SETTINGS.weak }), 'approve');
    await l.say(await l.commit({ commit: 'b2', settings: SETTINGS.fair }), 'approve');
    await l.rollBack('r1');
    const left = await l.commit({ commit: 'b3', settings: SETTINGS.fair });
    expect(await l.status(left)).toBe('awaiting_approval');
    await l.say(left, 'reject');
    const serving = await l.commit({ commit: 'b4', settings: SETTINGS.weak });
    expect(await l.runOf(serving)).toMatchObject({
      status: 'completed',
      reason: expect.stringContaining('the champion (version 1)') as string,
    });
    expect(await l.served()).toBe(1);
  });

  it('can be neither staged, promoted nor rejected by whoever asks for it', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'c1' }), 'approve');
    await l.commit({ commit: 'c2' });
    const [evaluation, tracking] = ['EvaluateChallenger', 'RecordRun'].map((n) => l.lastOutput(n));
    const { run } = l.calls.findLast((call) => call.name === 'EvaluateChallenger')!.input as {
      run: unknown;
    };
    const decide = l.handlers['RecordDecision']!;
    for (const decision of ['stage', 'reject']) {
      await expect(decide({ decision, run, evaluation, tracking })).rejects.toMatchObject({
        name: 'EvidenceMismatch',
      });
    }
    expect(await l.registry.ledger(MODEL)).toHaveLength(2);
  });
});
