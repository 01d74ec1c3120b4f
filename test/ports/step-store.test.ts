import { expect, it } from 'vitest';
import { unique } from './support/aws.ts';
import { sha, stepOf } from './support/samples.ts';
import { describeLostAnswers, describeStores } from './support/stores.ts';

describeStores('StepStore', (stores) => {
  const steps = () => stores().steps;

  it("keeps a step's first output, exactly", async () => {
    const runId = unique('r');
    const record = stepOf({ runId });
    await steps().record(record);
    await steps().record({ ...record, attempt: 2, output: 'another' });
    expect(await steps().get(runId, record.step, record.inputHash)).toEqual(record);
    expect(await steps().get(runId, record.step, sha('0'))).toBeUndefined();
    expect(await steps().get(runId, 'Other', record.inputHash)).toBeUndefined();
  });

  it('lists the steps of a run in the order in which they began', async () => {
    const runId = unique('r');
    await steps().record(
      stepOf({ runId, step: 'A', startedAt: '2026-01-02T00:00:00.000Z', output: null }),
    );
    await steps().record(
      stepOf({ runId, step: 'B', startedAt: '2026-01-01T00:00:00.000Z', output: 1 }),
    );
    await steps().record(stepOf({ runId: `${runId}x`, step: 'C' }));
    expect((await steps().list(runId)).map((s) => [s.step, s.output])).toEqual([
      ['B', 1],
      ['A', null],
    ]);
  });
});

describeLostAnswers('StepStore', 'PutItem', (stores, faults) => {
  it('keeps the first record whichever answer is lost', async () => {
    const record = stepOf({ runId: unique('r') });
    faults.push({ loseAnswer: true });
    await stores().steps.record(record);
    faults.push({ loseAnswer: true });
    await stores().steps.record({ ...record, output: 'another' });
    expect(await stores().steps.list(record.runId)).toEqual([record]);
  });
});
