import { describe, expect, it } from 'vitest';
import { PolicyDocument } from '#contracts/folder/policy.ts';
import { METRIC_NAMES } from '#domain/metrics.ts';
import { checksOf, decide, type JudgedEvidence, RULES } from '#gates/decide.ts';
import type { ModelMetrics } from '#gates/judged.ts';
import type { Leak } from '#gates/leak.ts';

const plan = { primaryMetric: 'auc', alpha: 0.05, margin: 0.01, replicates: 2000, k: 0.1 } as const;
const metrics = Object.fromEntries(
  METRIC_NAMES.map((name) => [name, { value: 0.5, lower: 0.4, upper: 0.6 }]),
) as ModelMetrics['metrics'];
const model = { threshold: 0.5, metrics, confusion: null };
const suspect = (column: string, auc: number, more: Partial<Leak> = {}): Leak => ({
  column,
  auc,
  isTarget: false,
  word: null,
  ...more,
});

/** Evidence whose training rows have these suspects; null: nobody looked. */
const evidence = (columns: readonly Leak[] | null): JudgedEvidence => ({
  plan,
  challenger: model,
  champion: null,
  baselines: [{ name: 'base-rate', ...model }],
  measurements: {
    holdoutUnseen: { groups: 100, trained: 0 },
    paired: [],
    ...(columns === null ? {} : { alone: { target: 'bad', columns: [...columns] } }),
  },
});

const judge = (columns: readonly Leak[] | null, gates: readonly object[] = [], rules = RULES) => {
  const policy = PolicyDocument.parse({
    schemaVersion: 1,
    tier: 'standard',
    approval: {},
    gates,
  });
  return decide(evidence(columns), { model: { plan }, policy }, rules);
};
const saidOf = (...args: Parameters<typeof judge>): string[] =>
  judge(...args).reasons.filter((reason) => reason.includes('leak') || reason.includes('alone'));

describe('a column that gives the target away', () => {
  const state = suspect('state', 1, { isTarget: true });
  const days = suspect('days', 0.9912);
  const paid = suspect('paid_on_time', 0.62, { word: 'paid' });

  it('is warned of by its name where no policy speaks of it', () => {
    expect(saidOf([state, days])).toEqual([
      "warning: check 'leak' failed: 'state' is the target in other words: is it known before bad is?; 'days' alone gives the target away (AUC 0.9912): is it known before bad is?",
    ]);
    expect(saidOf([paid])).toEqual([
      "warning: check 'leak-by-name' failed: 'paid_on_time' may be known only afterwards, by its name (paid): is it known before bad is?",
    ]);
    expect(saidOf([suspect('score', 0.95)])).toEqual([]);
    expect(checksOf(evidence([])).find(({ name }) => name === 'leak')?.message).toBe(
      'no column alone has an AUC of 0.98 or more',
    );
  });

  it('rejects where a policy enforces it, and at the policy’s own limit', () => {
    const gate = { kind: 'leak', name: 'no-leak', max: 0.95 };
    const { verdict, reason } = judge([suspect('score', 0.95)], [gate]);
    expect(verdict).toBe('reject');
    expect(reason).toContain("check 'no-leak' failed: 'score' alone gives the target away");
    expect(judge([suspect('score', 0.9499)], [gate]).verdict).toBe('hold');
    // A name alone never rejects.
    expect(judge([paid], [gate]).verdict).toBe('hold');
  });

  it('is nothing where a policy turns it off', () => {
    expect(saidOf([state, paid], [{ kind: 'leak', name: 'leak', mode: 'off' }])).toEqual([]);
  });

  it('that nobody looked for holds where it is enforced, and is no matter in older evidence', () => {
    const enforced = judge(null, [{ kind: 'leak', name: 'no-leak' }]);
    expect(enforced.reasons).toContain(
      "gate 'no-leak' needs to know how columns do alone, which was not measured",
    );
    expect(saidOf(null)).toEqual([]);
    expect(saidOf([state], [], 1)).toEqual([]);
  });

  it('is one of three in a sentence, and the others are counted', () => {
    const many = Array.from({ length: 7 }, (_, i) => suspect(`c${i}`, 0.99));
    const [line = ''] = saidOf(many);
    expect(line).toContain("'c2'");
    expect(line).not.toContain("'c3'");
    expect(line).toMatch(/; and 4 more$/);
  });
});
