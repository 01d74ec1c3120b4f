import { describe, expect, it } from 'vitest';
import {
  CLAIM_COLUMNS,
  claims,
  claimsCsv,
  CPT_BUCKETS,
  cutoffFor,
  DEFAULT_BASE_RATE,
  DEFAULT_CUTOFF,
  DEFAULT_DIFFICULTY,
  denialProbability,
  DIAGNOSIS_GROUPS,
  PROVIDER_TYPES,
} from '#claims/generate.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { aucOf } from '#learning/metrics/metrics.ts';

const table = [...claims({ rows: 50_000, seed: 1 })];

describe('synthetic claims', () => {
  it('are the same bytes for a seed, today as when this was written', () => {
    expect(sha256Hex(claimsCsv({ rows: 1000, seed: 0 }))).toBe(
      'sha256:813c2c843e20f73e2b46c6124671727b73427837f855defbc43c311e792359b9',
    );
    expect(sha256Hex(claimsCsv({ rows: 50_000, seed: 1 }))).toBe(
      'sha256:52c187c132fd163aad0b7955da6821251776d0583113235f2a09172872cb5e9d',
    );
  });

  it('begin alike however many are asked for', () => {
    expect([...claims({ rows: 137, seed: 1 })]).toEqual(table.slice(0, 137));
  });

  it('have every bucket, type and group, and an id of their own', () => {
    const distinct = (name: keyof (typeof table)[number]): number =>
      new Set(table.map((c) => c[name])).size;
    expect(Object.keys(table[0] ?? {})).toEqual([...CLAIM_COLUMNS]);
    expect(distinct('cpt_code')).toBe(CPT_BUCKETS.length);
    expect(distinct('provider_type')).toBe(PROVIDER_TYPES.length);
    expect(distinct('diagnosis_code')).toBe(DIAGNOSIS_GROUPS.length);
    expect(distinct('claim_id')).toBe(50_000);
    expect([CPT_BUCKETS.length, PROVIDER_TYPES.length, DIAGNOSIS_GROUPS.length]).toEqual([
      10, 5, 20,
    ]);
  });

  it('give a member several claims in the order of time', () => {
    const byMember = new Map<string, string[]>();
    for (const c of table)
      byMember.set(c.member_id, [...(byMember.get(c.member_id) ?? []), c.service_date]);
    expect(byMember.size).toBeLessThan(table.length / 3);
    for (const days of byMember.values()) expect(days).toEqual(days.toSorted());
  });

  it('have a Bayes accuracy of 0.921 and a Bayes AUC of 0.956', () => {
    const truth = Float64Array.from(table, (c) => denialProbability(c));
    const accuracy = truth.reduce((sum, p) => sum + Math.max(p, 1 - p), 0) / truth.length;
    expect(accuracy).toBeGreaterThan(0.915);
    expect(accuracy).toBeLessThan(0.925);
    const labels = Uint8Array.from(table, (c) => (c.status === 'Denied' ? 1 : 0));
    expect(aucOf(truth, labels)).toBeCloseTo(0.956, 3);
    const right = table.filter((_, i) => (truth[i] ?? 0) >= 0.5 === (labels[i] === 1)).length;
    expect(right / table.length).toBeCloseTo(accuracy, 2);
  });

  it('have the base rate that is asked for, and less to learn where they are difficult', () => {
    const measure = (baseRate: number, difficulty: number): { rate: number; bayes: number } => {
      const truth = { cutoff: cutoffFor(baseRate, difficulty), difficulty };
      const some = [...claims({ rows: 5000, seed: 3, baseRate, difficulty })];
      const bayes = some.reduce((sum, c) => {
        const p = denialProbability(c, truth);
        return sum + Math.max(p, 1 - p);
      }, 0);
      return { rate: some.filter((c) => c.status === 'Denied').length / 5000, bayes: bayes / 5000 };
    };
    expect(measure(0.5, 0.56).rate).toBeCloseTo(0.5, 1);
    expect(measure(0.1, 0.56).rate).toBeCloseTo(0.1, 1);
    const [easy, hard] = [measure(0.3, 0.2), measure(0.3, 1.2)];
    expect(easy.bayes).toBeGreaterThan(0.95);
    expect(hard.bayes).toBeLessThan(0.85);
    expect(cutoffFor(DEFAULT_BASE_RATE, DEFAULT_DIFFICULTY)).toBeCloseTo(DEFAULT_CUTOFF, 12);
  });
});
