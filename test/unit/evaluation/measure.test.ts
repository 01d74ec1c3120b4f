import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { METRIC_NAMES } from '#domain/metrics.ts';
import { decide } from '#gates/decide.ts';
import { metricsOf } from '#learning/metrics/metrics.ts';
import { pairedAuc } from '#learning/metrics/jackknife.ts';
import { substream } from '#learning/random.ts';
import { type MeasureInput, measure, scoresDocument } from '#evaluation/measure.ts';

const plan = { primaryMetric: 'auc', alpha: 0.05, margin: 0.01, replicates: 400, k: 0.2 } as const;

/** Labels, and scores that see them through noise of the given size. */
function made(noises: readonly number[], rows = 600) {
  const random = substream(5, 'measure');
  const labels = Uint8Array.from({ length: rows }, () => random.nextInt(2));
  const groups = Int32Array.from({ length: rows }, (_, row) => row >> 1);
  const scores = noises.map((noise) =>
    Float64Array.from(labels, (label) => 1 / (1 + Math.exp(-label - noise * random.nextNormal()))),
  );
  return { labels, groups, scores };
}

function input(more: Partial<MeasureInput> = {}): MeasureInput {
  const { labels, groups, scores } = made([0.5, 1, 0]);
  return {
    source: {
      model: 'made-up',
      commit: 'c'.repeat(40),
      bundle: 'sha256:bundle',
      charter: 'sha256:charter',
      code: 'sha256:code',
      data: { training: 'sha256:training', holdout: 'sha256:holdout' },
      seeds: { master: 0 },
      asOf: '2026-01-01T00:00:00.000Z',
    },
    plan,
    challenger: { sha256: 'sha256:new', scores: scores[0]!, threshold: 0.6 },
    champion: { version: 2, sha256: 'sha256:old', scores: scores[1]!, threshold: 0.5 },
    baselines: [{ name: 'base-rate', scores: new Float64Array(600).fill(0.5), threshold: 0.5 }],
    labels,
    groups,
    measurements: { holdoutUnseen: { groups: 300, trained: 0 } },
    ...more,
  };
}

const pairedOf = (given: MeasureInput) => measure(given).measurements.paired!;

describe('evidence', () => {
  it('is the same, byte for byte, when it is measured again, and another with another seed', () => {
    const first = canonicalJson(measure(input()));
    expect(canonicalJson(measure(input()))).toBe(first);
    const { source } = input();
    const other = measure(input({ source: { ...source, seeds: { master: 1 } } }));
    expect(other.challenger.metrics.auc.lower).not.toBe(
      measure(input()).challenger.metrics.auc.lower,
    );
  });

  it('holds every metric of every model, each with its own threshold, within its bounds', () => {
    const given = input();
    const measured = measure(given);
    const pairs = [
      [measured.challenger, given.challenger],
      [measured.champion!, given.champion!],
      [measured.baselines[0]!, given.baselines[0]!],
    ] as const;
    for (const [found, { scores, threshold }] of pairs) {
      const expected = metricsOf(scores, given.labels, threshold, 0.2);
      for (const name of METRIC_NAMES) {
        const { value, lower, upper } = found.metrics[name];
        expect(value).toBe(expected[name]);
        // A constant score has sums that differ in their last bit.
        expect(lower! <= value! + 1e-12 && value! <= upper! + 1e-12).toBe(true);
      }
    }
    expect(measured.rows).toEqual({
      total: 600,
      positive: given.labels.filter((one) => one === 1).length,
      groups: 300,
    });
  });

  it('pairs the challenger with the champion and with each baseline, a group left out at a time', () => {
    const given = input();
    const paired = pairedOf(given);
    expect(paired.map((one) => one.against)).toEqual(['champion', 'base-rate']);
    const alone = pairedAuc(given.challenger.scores, given.champion!.scores, given, plan.alpha);
    expect(paired[0]).toMatchObject(alone);
    expect(paired[0]!.lower).toBeGreaterThan(0);
    expect(paired[0]!.groupsToSettle).toBeGreaterThan(1);
    expect(pairedOf(input({ plan: { ...plan, margin: 0 } }))[0]!.groupsToSettle).toBeNull();
  });

  it('counts the groups that judge', () => {
    expect(measure(input()).rows.groups).toBe(300);
  });

  it('has no interval, with the reason, where one group holds a whole class', () => {
    const given = input();
    const groups = given.groups.map((group, row) => (given.labels[row] === 1 ? -1 : group));
    expect(pairedOf(input({ groups }))[0]).toMatchObject({
      lower: null,
      upper: null,
      groupsToSettle: null,
      reason: expect.stringMatching(/^too few groups/),
    });
  });

  it('addresses the scores by the hash of their document', () => {
    const text = scoresDocument(input());
    expect(measure(input()).scores).toBe(sha256Hex(text));
    expect(text).toContain('"schemaVersion":1');
    expect(JSON.parse(text)).toMatchObject({ champion: [...input().champion!.scores] });
  });

  it('has null with a reason for scores that cannot be measured, and then promotes nothing', () => {
    const given = input();
    const broken = given.challenger.scores.slice();
    broken[7] = Number.NaN;
    const gate = { name: 'floor', metric: 'auc', mode: 'enforce', min: 0 } as const;
    const spoiled: Partial<MeasureInput>[] = [
      { challenger: { ...given.challenger, scores: broken } },
      { labels: new Uint8Array(600) },
      { plan: { ...plan, replicates: 5 } },
    ];
    for (const more of spoiled) {
      const measured = measure(input(more));
      const { value, lower, upper, reason } = measured.challenger.metrics.auc;
      expect([value, lower, upper]).toEqual([null, null, null]);
      expect(reason).toBeTypeOf('string');
      expect(measured.measurements.paired?.[0]).toMatchObject({ lower: null, reason });
      const charter = { model: { plan: measured.plan }, policy: { gates: [] } };
      expect(decide(measured, charter, 2)).toMatchObject({
        verdict: 'hold',
        finding: 'unmeasured',
      });
      expect(decide(measured, { ...charter, policy: { gates: [gate] } }, 2).verdict).toBe('reject');
      expect(canonicalJson(measured)).toContain('null');
    }
    // The champion alone is broken: the challenger still has its numbers.
    const champion = { ...given.champion!, scores: broken };
    const measured = measure(input({ champion }));
    expect(measured.challenger.metrics.auc.value).not.toBeNull();
    expect(measured.champion!.metrics.auc.value).toBeNull();
    expect(measured.measurements.paired![0]!.lower).toBeNull();
    expect(measured.measurements.paired![1]!.lower).toBeGreaterThan(0);
  });
});
