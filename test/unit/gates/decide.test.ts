import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRIC_NAMES, type MetricName } from '#domain/metrics.ts';
import type { AbsoluteLimit } from '#gates/absolute-limit.ts';
import { decide as decideBy, type JudgedEvidence, type Limits, RULES } from '#gates/decide.ts';
import type { MetricValue, ModelMetrics } from '#gates/judged.ts';
import type { Measurements } from '#gates/measurements.ts';
import type { Paired } from '#gates/paired.ts';

const plan = { primaryMetric: 'auc', alpha: 0.05, margin: 0.01, replicates: 2000, k: 0.1 } as const;
type Gate = Omit<AbsoluteLimit, 'kind'>;
/** By the rules of today. */
const decide = (given: JudgedEvidence, by: Limits) => decideBy(given, by, 1);
const charter = (...gates: Gate[]): Limits => ({ model: { plan }, policy: { gates } });

function model(
  auc: number | null,
  more: Partial<Record<MetricName, MetricValue>> = {},
): ModelMetrics {
  const metric = (value: number | null): MetricValue => ({ value, lower: value, upper: value });
  const all = Object.fromEntries(METRIC_NAMES.map((name) => [name, metric(0.5)]));
  return {
    threshold: 0.5,
    metrics: { ...all, auc: metric(auc), ...more } as ModelMetrics['metrics'],
    confusion: null,
  };
}

function paired(
  against: string,
  lower: number | null,
  upper: number | null,
  estimate: number | null = null,
): Paired {
  return {
    against,
    metric: 'auc',
    estimate: estimate ?? (lower === null || upper === null ? null : (lower + upper) / 2),
    lower,
    upper,
    standardError: 0.01,
    replicates: 2000,
    alpha: 0.05,
    rowsToSettle: 12345,
  };
}

function evidence(
  more: Partial<JudgedEvidence> = {},
  measurements: Partial<Measurements> = {},
): JudgedEvidence {
  return {
    plan,
    challenger: model(0.8123),
    champion: { version: 2, ...model(0.8012) },
    baselines: [
      { name: 'base-rate', ...model(0.5) },
      { name: 'best-column', ...model(0.7) },
    ],
    measurements: {
      paired: [
        paired('champion', 0.0021, 0.0202, 0.0111),
        paired('base-rate', 0.3, 0.32),
        paired('best-column', 0.1, 0.12),
      ],
      holdoutUnseen: { groups: 1000, trained: 0 },
      ...measurements,
    },
    ...more,
  };
}

const against = (lower: number | null, upper: number | null) =>
  evidence({}, { paired: [paired('champion', lower, upper)] });

describe('the default rule against a champion', () => {
  it.each([
    // lower, upper, verdict, finding; margin 0.01
    [0.0001, 0.02, 'promote', 'better'],
    [0, 0.02, 'hold', 'non-inferior'],
    [-0.0099, 0.02, 'hold', 'non-inferior'],
    // Worse for sure, but by less than the margin: the order of the rule says hold.
    [-0.005, -0.001, 'hold', 'non-inferior'],
    [-0.01, 0.02, 'hold', 'inconclusive'],
    [-0.05, 0, 'hold', 'inconclusive'],
    [-0.05, 0.05, 'hold', 'inconclusive'],
    [-0.01, -0.001, 'reject', 'worse'],
    [-0.05, -0.0001, 'reject', 'worse'],
  ] as const)('of the interval [%d, %d] says %s, %s', (lower, upper, verdict, finding) => {
    expect(decide(against(lower, upper), charter())).toMatchObject({ verdict, finding });
  });

  it('says it in one line with both numbers and a two-sided interval', () => {
    expect(decide(evidence(), charter()).reason).toBe(
      'AUC 0.8123 against champion 0.8012 (version 2): difference +0.0111, 90 % interval [0.0021, 0.0202], is above 0',
    );
    const worse = evidence(
      { challenger: model(0.7012), champion: { version: 2, ...model(0.8123) } },
      { paired: [paired('champion', -0.1201, -0.1022, -0.1111)] },
    );
    expect(decide(worse, charter()).reason).toBe(
      'AUC 0.7012 against champion 0.8123 (version 2): difference -0.1111, 90 % interval [-0.1201, -0.1022], is below 0',
    );
    expect(decide(against(-0.05, 0.05), charter()).reason).toContain(
      'about 12345 holdout rows would settle it',
    );
    const tenth = { ...plan, alpha: 0.025 };
    const verdict = decide(
      { ...evidence(), plan: tenth },
      { ...charter(), model: { plan: tenth } },
    );
    expect(verdict.reason).toContain('95 % interval');
  });
});

describe('without a champion', () => {
  const first = (lower: number, upper: number, more: Partial<JudgedEvidence> = {}) =>
    decide(
      evidence(
        { champion: null, ...more },
        { paired: [paired('base-rate', 0.3, 0.4), paired('best-column', lower, upper)] },
      ),
      charter(),
    );

  it.each([
    [0.0001, 0.02, 'promote', 'better'],
    // There is no margin against a trivial model.
    [-0.005, 0.02, 'hold', 'inconclusive'],
    [0, 0.02, 'hold', 'inconclusive'],
    [-0.005, -0.001, 'reject', 'worse'],
  ] as const)(
    'the interval [%d, %d] against the better baseline says %s, %s',
    (lower, upper, verdict, finding) => {
      expect(first(lower, upper)).toMatchObject({ verdict, finding });
    },
  );

  it('the better baseline is the one with the higher measured value', () => {
    expect(first(0.1, 0.2).reason).toContain("baseline 'best-column' 0.7000");
    const baselines = [
      { name: 'best-column', ...model(null) },
      { name: 'base-rate', ...model(0.5) },
    ];
    expect(first(0.1, 0.2, { baselines }).reason).toContain("baseline 'base-rate' 0.5000");
    expect(first(0.1, 0.2, { baselines: [] })).toMatchObject({
      verdict: 'hold',
      finding: 'unmeasured',
    });
  });
});

describe('a gate', () => {
  const gate = (more: Partial<Gate>): Gate => ({
    name: 'floor',
    metric: 'recall',
    mode: 'enforce',
    min: 0.6,
    ...more,
  });
  const recall = (value: number | null, measurements: Partial<Measurements> = {}) =>
    evidence(
      {
        challenger: model(0.8, {
          recall: {
            value,
            lower: value === null ? null : value - 0.1,
            upper: value === null ? null : value + 0.1,
            ...(value === null ? { reason: 'NaN' } : {}),
          },
        }),
      },
      measurements,
    );

  it('that is enforced and fails rejects what would be promoted, and says by how much', () => {
    const verdict = decide(recall(0.5), charter(gate({})));
    expect(verdict).toMatchObject({
      verdict: 'reject',
      finding: 'gate',
      reason: "gate 'floor' failed: recall 0.5000 is not at least 0.6",
      gates: [
        {
          name: 'floor',
          mode: 'enforce',
          measured: 0.5,
          limit: 0.6,
          interval: [0.4, 0.6],
          passed: false,
        },
      ],
    });
    expect(verdict.gates[0]!.slack).toBeCloseTo(-0.1, 12);
    expect(verdict.reasons[1]).toContain('is above 0');
    expect(decide(recall(0.6), charter(gate({}))).verdict).toBe('promote');
  });

  it('with a maximum fails above it', () => {
    const limit = { min: undefined, max: 0.6 };
    expect(decide(recall(0.7), charter(gate(limit)))).toMatchObject({
      verdict: 'reject',
      reason: "gate 'floor' failed: recall 0.7000 is not at most 0.6",
    });
    expect(decide(recall(0.6), charter(gate(limit)))).toMatchObject({
      verdict: 'promote',
      gates: [{ passed: true, slack: 0 }],
    });
  });

  it('that only warns, or is off, changes nothing but what is said', () => {
    const warned = decide(recall(0.5), charter(gate({ mode: 'warn' })));
    expect(warned.verdict).toBe('promote');
    expect(warned.reasons.at(-1)).toContain("warning: gate 'floor' failed");
    const off = decide(recall(0.5), charter(gate({ mode: 'off' })));
    expect(off.verdict).toBe('promote');
    expect(off.reasons).toHaveLength(1);
  });

  it('on a value that is NaN or null fails, on a metric that nobody measured holds and names it', () => {
    expect(decide(recall(null), charter(gate({ min: -9 })))).toMatchObject({
      verdict: 'reject',
      gates: [{ measured: null, passed: false }],
    });
    expect(decide(recall(Number.NaN), charter(gate({ min: -9 })))).toMatchObject({
      verdict: 'reject',
      gates: [{ passed: false }],
    });
    const unknown = gate({ metric: 'mcc' as MetricName });
    expect(decide(recall(0.7), charter(unknown))).toMatchObject({
      verdict: 'hold',
      finding: 'unmeasured',
      gates: [{ passed: false }],
    });
    // A challenger that is worse is rejected whatever else is missing.
    const worse = recall(0.7, { paired: [paired('champion', -0.2, -0.1)] });
    expect(decide(worse, charter(unknown))).toMatchObject({ verdict: 'reject', finding: 'worse' });
  });

  it('without any limit is never passed', () => {
    const bare = gate({ min: undefined });
    expect(decide(recall(0.7), charter(bare))).toMatchObject({
      verdict: 'reject',
      gates: [{ passed: false, limit: null }],
    });
  });
});

describe('a check', () => {
  it('that is enforced and failed rejects; one that warns is said', () => {
    const check = { name: 'overlap', passed: false, message: '3 groups stand on both sides' };
    expect(
      decide(evidence({}, { checks: [{ ...check, mode: 'enforce' }] }), charter()),
    ).toMatchObject({
      verdict: 'reject',
      finding: 'check',
      reason: "check 'overlap' failed: 3 groups stand on both sides",
    });
    expect(decide(evidence({}, { checks: [{ ...check, mode: 'warn' }] }), charter()).verdict).toBe(
      'promote',
    );
  });
});

describe('what the charter needs and nobody measured', () => {
  it('is a hold that names it', () => {
    expect(decide(evidence({}, { paired: [] }), charter())).toMatchObject({
      verdict: 'hold',
      finding: 'unmeasured',
      reason: 'the difference in AUC against champion (version 2) was not measured',
    });
    expect(decide(against(null, null), charter())).toMatchObject({
      verdict: 'hold',
      finding: 'unmeasured',
    });
    const { paired: _paired, ...none } = evidence().measurements;
    expect(decide({ ...evidence(), measurements: none }, charter()).reason).toBe(
      'the difference in AUC against champion (version 2) was not measured',
    );
    const { holdoutUnseen: _unseen, ...seen } = evidence().measurements;
    expect(decide({ ...evidence(), measurements: seen }, charter())).toMatchObject({
      verdict: 'hold',
      finding: 'unmeasured',
      reason: 'whether a holdout group trained challenger or champion was not measured',
    });
    // A metric that is in the list since, and that the document lacks.
    const floor = { name: 'calibrated', metric: 'ece', mode: 'enforce', max: 0.1 } as const;
    const older = { value: null, lower: null, upper: null, reason: 'not measured' };
    expect(
      decide(evidence({ challenger: model(0.8, { ece: older }) }), charter(floor)),
    ).toMatchObject({
      verdict: 'hold',
      finding: 'unmeasured',
      reason: "gate 'calibrated' needs calibration error (ECE), which was not measured",
    });
    for (const other of [{ alpha: 0.2 }, { replicates: 100 }]) {
      expect(decide(evidence({ plan: { ...plan, ...other } }), charter())).toMatchObject({
        verdict: 'hold',
        finding: 'unmeasured',
      });
    }
  });
});

describe('the rules', () => {
  it('of a number that this code does not know judge nothing', () => {
    for (const rules of [0, 1.5, RULES + 1]) {
      expect(() => decideBy(evidence(), charter(), rules)).toThrow(
        expect.objectContaining({ name: 'EvidenceMismatch' }),
      );
    }
  });
});

describe('a kind of gate that nobody knows', () => {
  it('holds what would be promoted, and names itself', () => {
    const strange = { kind: 'phase-of-the-moon', name: 'moon', mode: 'enforce' } as const;
    const by = { ...charter(), policy: { gates: [strange] } };
    expect(decide(evidence(), by)).toMatchObject({
      verdict: 'hold',
      finding: 'unmeasured',
      reason: "gate 'moon' is of the kind 'phase-of-the-moon', which nobody measures",
    });
  });
});

describe('laws', () => {
  const bound = fc.double({ min: -0.2, max: 0.2, noNaN: true });
  const rank = { reject: 0, hold: 1, promote: 2 };
  const anything = fc.oneof(fc.double(), fc.constant(null));

  it('a challenger whose interval moves up is never judged lower', () => {
    fc.assert(
      fc.property(
        bound,
        bound,
        fc.double({ min: 0, max: 0.2, noNaN: true }),
        fc.boolean(),
        (a, b, by, first) => {
          const [lower, upper] = a < b ? [a, b] : [b, a];
          const at = (up: number) => {
            const champion = first ? null : evidence().champion;
            const pairs = [
              paired('champion', lower + up, upper + up),
              paired('best-column', lower + up, upper + up),
            ];
            return rank[decide(evidence({ champion }, { paired: pairs }), charter()).verdict];
          };
          expect(at(by)).toBeGreaterThanOrEqual(at(0));
        },
      ),
    );
  });

  it('a higher value never fails a gate with a minimum that a lower one passed', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.double({ noNaN: true }),
        fc.double({ noNaN: true }),
        (min, a, b) => {
          const passed = (value: number) =>
            decide(
              evidence({ challenger: model(value) }),
              charter({ name: 'g', metric: 'auc', mode: 'enforce', min }),
            ).gates[0]!.passed;
          expect(Number(passed(Math.max(a, b)))).toBeGreaterThanOrEqual(
            Number(passed(Math.min(a, b))),
          );
        },
      ),
    );
  });

  it('any numbers, NaN and null among them, get a verdict; NaN or null bounds never promote', () => {
    fc.assert(
      fc.property(
        anything,
        anything,
        anything,
        anything,
        fc.boolean(),
        (lower, upper, estimate, value, first) => {
          const pairs = ['champion', 'best-column', 'base-rate'].map((name) => ({
            ...paired(name, lower, upper),
            estimate,
          }));
          const given = evidence(
            { ...(first ? { champion: null } : {}), challenger: model(value) },
            { paired: pairs },
          );
          const gate: Gate = { name: 'g', metric: 'auc', mode: 'enforce', min: 0.5 };
          const open = decide(given, charter());
          const gated = decide(given, charter(gate));
          expect(open.reason).not.toContain('\n');
          expect(gated.verdict === 'promote').toBe(
            open.verdict === 'promote' && value !== null && value >= 0.5,
          );
          if (lower === null || Number.isNaN(lower)) expect(open.verdict).not.toBe('promote');
          expect(decide(given, charter(gate))).toEqual(gated);
        },
      ),
    );
  });
});
