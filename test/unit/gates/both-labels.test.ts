import { describe, expect, it } from 'vitest';
import { PolicyDocument } from '#contracts/folder/policy.ts';
import { type Confusion, METRIC_NAMES } from '#domain/metrics.ts';
import { checksOf, decide, type JudgedEvidence, RULES } from '#gates/decide.ts';
import type { ModelMetrics } from '#gates/judged.ts';
import { warningsOf } from '#gates/verdict.ts';

const plan = { primaryMetric: 'auc', alpha: 0.05, margin: 0.01, replicates: 2000, k: 0.1 } as const;
const metrics = Object.fromEntries(
  METRIC_NAMES.map((name) => [name, { value: 0.8, lower: 0.7, upper: 0.9 }]),
) as ModelMetrics['metrics'];

const evidence = (confusion: Confusion | null): JudgedEvidence => ({
  plan,
  challenger: { threshold: 0.61803, metrics, confusion },
  champion: null,
  baselines: [{ name: 'base-rate', threshold: 0.5, metrics, confusion: null }],
  measurements: {
    holdoutUnseen: { groups: 100, trained: 0 },
    judges: {
      all: 100,
      positive: 50,
      negative: 60,
      effective: { rows: 90, positives: 45, negatives: 50 },
    },
    alone: { target: 'bad', columns: [] },
    paired: [],
  },
});

const counts = (
  truePositives: number,
  falsePositives: number,
  trueNegatives: number,
  falseNegatives: number,
): Confusion => ({ truePositives, falsePositives, trueNegatives, falseNegatives });

const judge = (
  confusion: Confusion | null,
  { gates = [], rules = RULES }: { gates?: readonly object[]; rules?: number } = {},
) => {
  const policy = PolicyDocument.parse({ schemaVersion: 1, tier: 'standard', approval: {}, gates });
  return decide(evidence(confusion), { model: { plan }, policy }, rules);
};

const NOBODY =
  "check 'both-labels' failed: at its threshold 0.6180 the model calls none of the 137 holdout rows positive";

describe('a model that calls nobody positive', () => {
  const nobody = counts(0, 0, 100, 37);

  it('is warned of, whatever its AUC', () => {
    expect(warningsOf(judge(nobody))).toEqual([NOBODY]);
    expect(checksOf(evidence(nobody)).find(({ name }) => name === 'both-labels')).toMatchObject({
      mode: 'warn',
      passed: false,
    });
  });

  it('is rejected where the policy asks for that, and not looked at where it says so', () => {
    const gate = { kind: 'both-labels', name: 'labels' };
    expect(judge(nobody, { gates: [gate] })).toMatchObject({
      verdict: 'reject',
      reason: NOBODY.replace('both-labels', 'labels'),
    });
    expect(warningsOf(judge(nobody, { gates: [{ ...gate, mode: 'off' }] }))).toEqual([]);
  });

  it('was decided without it under the rules from before it', () => {
    for (const rules of [1, 2])
      expect(judge(nobody, { rules }).reasons.join()).not.toContain('calls');
  });

  it.each([
    ['everybody is called positive', counts(37, 100, 0, 0), 'each of the 137 holdout rows'],
    ['one true positive is called', counts(1, 0, 100, 36), null],
    ['one false positive is called', counts(0, 1, 99, 37), null],
    ['all but one are called', counts(37, 99, 1, 0), null],
    ['the scores are unusable', null, null],
  ])('is told from a model where %s', (_, confusion, said) => {
    const warnings = warningsOf(judge(confusion));
    if (said === null) expect(warnings).toEqual([]);
    else expect(warnings.join()).toContain(said);
  });
});
