import { describe, expect, it } from 'vitest';
import { Charter, charterOf } from '#contracts/folder/charter.ts';
import { charterDifference, describeDifference, shortened } from '#model-folder/charter-diff.ts';
import { smallFolder } from '../dataset/small-folder.ts';

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

  it('shows a loosened limit first, however much else changed', () => {
    const before = Charter.parse(charterOf(smallFolder()));
    const columns = Array.from({ length: 60 }, (_, i) => ({
      name: `another-column-${i}`,
      type: 'number' as const,
      role: 'feature' as const,
      sensitive: false,
    }));
    const after: Charter = {
      model: {
        ...before.model,
        title: 'T'.repeat(80),
        plan: { ...before.model.plan, margin: 0.4 },
      },
      schema: { ...before.schema, columns: [...columns, ...before.schema.columns] },
      policy: { ...before.policy, tier: 'low' },
    };
    expect(charterDifference(before, after).split('\n').slice(0, 2)).toEqual([
      'policy.tier: "standard" → "low"',
      'model.plan.margin: 0.01 → 0.4',
    ]);
  });

  it('shows two long values whole: they may differ at their end', () => {
    const long = (end: string) => ({ title: `${'t'.repeat(100)}${end}` });
    const text = describeDifference(long('1'), long('2'));
    expect(text).toBe(`title: "${'t'.repeat(100)}1" → "${'t'.repeat(100)}2"`);
  });

  it('stays within 1,000 characters in the state, and counts the rest', () => {
    const many = (n: number) =>
      Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, n]));
    const text = shortened(describeDifference(many(1), many(2)));
    expect(describeDifference(many(1), many(2)).split('\n')).toHaveLength(200);
    expect(text.length).toBeLessThanOrEqual(1000);
    expect(text).toMatch(/… and \d+ more$/);
  });
});
