import { describe, expect, it } from 'vitest';
import { PolicyDocument } from '#contracts/folder/policy.ts';
import { METRIC_NAMES } from '#domain/metrics.ts';
import { decide, type JudgedEvidence, type Limits } from '#gates/decide.ts';
import type { ModelMetrics } from '#gates/judged.ts';
import type { Measurements } from '#gates/measurements.ts';
import type { Paired } from '#gates/paired.ts';

const plan = { primaryMetric: 'auc', alpha: 0.05, margin: 0.01, replicates: 2000, k: 0.1 } as const;
const charter = (...gates: object[]): Limits => ({
  model: { plan },
  policy: PolicyDocument.parse({ schemaVersion: 1, tier: 'low', approval: {}, gates }),
});

function model(auc: number): ModelMetrics {
  const all = METRIC_NAMES.map((name) => [name, { value: auc, lower: auc, upper: auc }]);
  return {
    threshold: 0.5,
    metrics: Object.fromEntries(all) as ModelMetrics['metrics'],
    confusion: null,
  };
}

function paired(lower: number, upper: number, groupsToSettle: number | null = 870): Paired {
  const estimate = (lower + upper) / 2;
  const rest = { against: 'champion', metric: 'auc', standardError: 0.01, alpha: 0.05 } as const;
  return { ...rest, estimate, lower, upper, degrees: 29, groupsToSettle };
}

const judges = (
  all: number,
  positive: number,
  negative = all,
): NonNullable<Measurements['judges']> => ({
  all,
  positive,
  negative,
  effective: { rows: all, positives: positive, negatives: negative },
});

function evidence(of: Partial<Measurements>, champion = true): JudgedEvidence {
  return {
    plan,
    challenger: model(0.8),
    champion: champion ? { version: 2, ...model(0.79) } : null,
    baselines: [{ name: 'base-rate', ...model(0.5) }],
    measurements: {
      paired: [paired(0.002, 0.02)],
      holdoutUnseen: { groups: 100, trained: 0 },
      judges: judges(100, 40),
      ...of,
    },
  };
}

describe('few groups', () => {
  it.each([
    [30, 15, 'promote', 'better'],
    [29, 15, 'hold', 'too-few-groups'],
    [30, 14, 'hold', 'too-few-groups'],
    [2, 2, 'hold', 'too-few-groups'],
  ] as const)('%d, %d of them with the rarer class: %s', (all, rarer, verdict, finding) => {
    for (const group of [judges(all, rarer), judges(all, all, rarer)]) {
      expect(decide(evidence({ judges: group }), charter(), 2)).toMatchObject({ verdict, finding });
    }
  });

  it('decide nothing against a challenger either, and without a champion nothing for it', () => {
    const few = { judges: judges(12, 5), paired: [paired(-0.2, -0.1)] };
    const verdict = decide(evidence(few), charter(), 2);
    expect(verdict).toMatchObject({ verdict: 'hold', finding: 'too-few-groups' });
    expect(verdict.reason).toBe(
      '12 groups judge and 30 are needed; 5 groups have the rarer class and 15 are needed: so few decide nothing, because whole kinds of group may be unseen',
    );
    const first = evidence(
      { ...few, paired: [{ ...paired(0.1, 0.2), against: 'base-rate' }] },
      false,
    );
    expect(decide(first, charter(), 2).verdict).toBe('hold');
  });

  it('are what the charter says, down to 10 and 10, and never a warning', () => {
    const lower = { kind: 'enough-groups', name: 'few-sites', groups: 10, rarer: 10 };
    expect(decide(evidence({ judges: judges(12, 10) }), charter(lower), 2)).toMatchObject({
      verdict: 'promote',
    });
    const higher = { ...lower, groups: 200, rarer: 15 };
    expect(decide(evidence({}), charter(higher), 2).reason).toContain(
      '100 groups judge and 200 are needed',
    );
    for (const wrong of [{ groups: 9 }, { rarer: 9 }, { mode: 'warn' }, { mode: 'off' }]) {
      expect(() => charter({ ...lower, ...wrong })).toThrow();
    }
  });

  it('that nobody counted hold what would be promoted', () => {
    const { judges: _judges, ...rest } = evidence({}).measurements;
    expect(decide({ ...evidence({}), measurements: rest }, charter(), 2)).toMatchObject({
      verdict: 'hold',
      finding: 'unmeasured',
    });
  });

  it('of evidence that is judged by rules 1 decide as they did', () => {
    const old = evidence({ judges: judges(2, 2) });
    expect(decide(old, charter(), 1)).toMatchObject({ verdict: 'promote', finding: 'better' });
  });
});

describe('a hold says what is so', () => {
  const reasonOf = (lower: number, upper: number, groups?: number | null) =>
    decide(evidence({ paired: [paired(lower, upper, groups)] }), charter(), 2);

  it('worse, by less than the margin, where the whole interval is below 0', () => {
    const verdict = reasonOf(-0.008, -0.002);
    expect(verdict).toMatchObject({ verdict: 'hold', finding: 'worse-within-margin' });
    expect(verdict.reason).toContain('worse, by less than the margin');
    expect(verdict.reason).not.toContain('no worse');
    expect(reasonOf(-0.008, 0).finding).toBe('non-inferior');
  });

  it('in how many groups a difference of the margin would show, or that this can’t be said', () => {
    expect(reasonOf(-0.05, 0.05).reason).toContain(
      'decides nothing: a true difference of 0.01 would show in about 870 groups like these',
    );
    expect(reasonOf(-0.005, 0.02).reason).toContain('about 870 groups like these');
    expect(reasonOf(-0.05, 0.05, null).reason).toContain('can’t be said'.replace('’', "'"));
  });
});
