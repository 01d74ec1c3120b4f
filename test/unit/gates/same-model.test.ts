import { describe, expect, it } from 'vitest';
import { Charter } from '#contracts/folder/charter.ts';
import { readMeasured } from '#contracts/evidence.ts';
import { decide } from '#gates/decide.ts';
import { recorded } from '../../support/recorded-evidence.ts';

const HASH = `sha256:${'1'.repeat(64)}`;
const OTHER = `sha256:${'2'.repeat(64)}`;

function judged(name: string, champion: string | null, rules = 3) {
  const one = recorded('version-2.jsonl').find((each) => each.name === name)!;
  const evidence = readMeasured(new TextEncoder().encode(one.measured));
  const measurements = { ...evidence.measurements, modelHashes: { challenger: HASH, champion } };
  return decide({ ...evidence, measurements }, Charter.parse(JSON.parse(one.charter)), rules);
}

describe('the champion as its own challenger', () => {
  it.each(['better', 'worse', 'few-groups', 'inconclusive'])(
    'is a hold, whatever says: %s',
    (name) => {
      expect(judged(name, HASH)).toMatchObject({ verdict: 'hold', finding: 'same-model' });
      expect(judged(name, OTHER).finding).not.toBe('same-model');
    },
  );

  it('is no rejection where a gate fails, which is said all the same', () => {
    const verdict = judged('gate-failed', HASH);
    expect(verdict).toMatchObject({ verdict: 'hold', finding: 'same-model' });
    expect(verdict.reasons[1]).toBe("gate 'auc' failed: AUC 0.8135 is not at least 0.999");
  });

  it('was judged by its numbers before rules 3', () => {
    expect(judged('itself', HASH, 2).finding).toBe('non-inferior');
  });

  it('is none without a champion', () => {
    expect(judged('first', null).finding).toBe('inconclusive');
  });
});
