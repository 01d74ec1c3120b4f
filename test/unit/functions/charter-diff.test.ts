import { describe, expect, it } from 'vitest';
import { describeDifference } from '../../../release/charter-diff.ts';

describe('describeDifference', () => {
  it('names each changed path with both values, lists by name', () => {
    const before = { policy: { gates: [{ name: 'auc', min: 0.9 }], tier: 'standard' } };
    const after = {
      policy: {
        gates: [
          { name: 'f1', min: 0.1 },
          { name: 'auc', min: 0.5 },
        ],
      },
    };
    expect(describeDifference(before, after).split('\n')).toEqual([
      'policy.gates[auc].min: 0.9 → 0.5',
      'policy.gates[f1]: (absent) → {"min":0.1,"name":"f1"}',
      'policy.tier: "standard" → (absent)',
    ]);
  });

  it('stays within 1,000 characters and counts the rest', () => {
    const many = (n: number) =>
      Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, n]));
    const text = describeDifference(many(1), many(2));
    expect(text.length).toBeLessThanOrEqual(1000);
    expect(text).toMatch(/… and \d+ more$/);
  });
});
