import { expect, it } from 'vitest';
import { unique } from './support/aws.ts';
import { AT, sha } from './support/samples.ts';
import { describeLostAnswers, describeStores } from './support/stores.ts';

describeStores('VerificationStore', (stores) => {
  const verifications = () => stores().verifications;

  it('says which hashes staging verified, for one model each', async () => {
    const model = unique('m');
    expect(await verifications().has(model, sha('c'))).toBe(false);
    await verifications().put({
      model,
      sha256: sha('c'),
      runId: 'r1',
      at: '2026-01-01T00:00:00.000Z',
    });
    await verifications().put({
      model,
      sha256: sha('c'),
      runId: 'r2',
      at: '2026-01-02T00:00:00.000Z',
    });
    expect(await verifications().has(model, sha('c'))).toBe(true);
    expect(await verifications().has(unique('m'), sha('c'))).toBe(false);
  });
});

describeLostAnswers('VerificationStore', 'PutItem', (stores, faults) => {
  it('takes a verification whose answer is lost', async () => {
    const model = unique('m');
    faults.push({ loseAnswer: true });
    await stores().verifications.put({ model, sha256: sha('c'), runId: 'r1', at: AT });
    expect(await stores().verifications.has(model, sha('c'))).toBe(true);
  });
});
