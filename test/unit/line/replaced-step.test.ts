import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { line, SETTINGS } from '../../support/line.ts';

describe('a step replaced by one that answers with what it gave the last run', () => {
  const l = line();
  beforeAll(async () => {
    await l.say(await l.commit({ commit: '6a', settings: SETTINGS.weak }), 'approve');
  });
  afterEach(() => l.replaced.clear());

  const STEPS = [
    ...['QuickTrain', 'PlanCandidates', 'TrainCandidate', 'ChooseCandidate'],
    ...['FullTrain', 'EvaluateChallenger', 'ValidateData'],
  ];
  for (const [i, name] of STEPS.entries()) {
    it(`is found out: ${name}`, async () => {
      const last = l.lastOutput(name);
      l.replaced.set(name, () => Promise.resolve(last));
      const run = await l.commit({ commit: `6b${i}`, settings: SETTINGS.good });
      expect(await l.runOf(run)).toMatchObject({ status: 'failed', error: 'ProvenanceMismatch' });
      expect((await l.runOf(run)).reason).toContain(name);
      expect(await l.served()).toBe(1);
    });
  }

  it('is found out: Promote, which moved nothing', async () => {
    const promotes = (input: unknown) => (input as { decision: string }).decision === 'promote';
    const last = l.lastOutput('RecordDecision', promotes);
    const real = l.handlers['RecordDecision']!;
    l.replaced.set('RecordDecision', (input) =>
      promotes(input) ? Promise.resolve(last) : real(input),
    );
    const run = await l.commit({ commit: '7b', settings: SETTINGS.good });
    await l.say(run, 'approve');
    expect(await l.runOf(run)).toMatchObject({ status: 'failed', error: 'ProvenanceMismatch' });
    expect((await l.runOf(run)).reason).toContain('Promote');
    expect(await l.served()).toBe(1);
  });
});
