import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import type { ApiClient } from '#client/client.ts';
import type { EvidenceSource, Measured } from '#contracts/evidence.ts';
import type { JudgedEvidence } from '#gates/decide.ts';
import type { MeasureInput } from '#evaluation/measure.ts';
import type { MeasuredOn } from '#evaluation/measurements.ts';

const FOLDER = { schemaVersion: 1, tier: 'standard', approval: {} };
const PLAN = { primaryMetric: 'auc', alpha: 0.05, margin: 0.01, replicates: 200, k: 0.1 } as const;
const HASH = `sha256:${'0'.repeat(64)}`;
const SOURCE: EvidenceSource = {
  model: 'made-up',
  commit: null,
  bundle: null,
  charter: HASH,
  code: HASH,
  data: { training: HASH, holdout: HASH },
  seeds: { master: 0 },
  asOf: null,
};
/** Every third row is positive; a score above 0.5 says so of most of them. */
const labels = Uint8Array.from({ length: 300 }, (_, row) => (row % 3 === 0 ? 1 : 0));
const scores = Float64Array.from(
  labels,
  (label, row) => (label * 0.5 + ((row * 37) % 100) / 100) / 1.5,
);

const inputWith = (measurements: MeasureInput['measurements']): MeasureInput => ({
  source: SOURCE,
  plan: PLAN,
  challenger: { sha256: HASH, scores, threshold: 0.5 },
  champion: null,
  baselines: [{ name: 'base-rate', scores: new Float64Array(300).fill(0.3), threshold: 0.5 }],
  labels,
  groups: Int32Array.from(labels, (_, row) => row),
  measurements,
});

/** Written down and read back. */
async function readBack(measured: Measured): Promise<Measured> {
  const { readMeasured } = await import('#contracts/evidence.ts');
  const { canonicalJson } = await import('#domain/canonical.ts');
  return readMeasured(new TextEncoder().encode(canonicalJson(measured)));
}

/** What was recorded before the metric or the gate was there. */
async function recordedEvidence(): Promise<Measured> {
  const { readMeasured } = await import('#contracts/evidence.ts');
  const file = join(import.meta.dirname, '../../fixtures/evidence/version-1.jsonl');
  const [line = ''] = readFileSync(file, 'utf8').split('\n');
  const { measured } = JSON.parse(line) as { measured: string };
  return readMeasured(new TextEncoder().encode(measured));
}

async function judged(evidence: JudgedEvidence, gate: object) {
  const { decide, RULES } = await import('#gates/decide.ts');
  const { PolicyDocument } = await import('#contracts/folder/policy.ts');
  const policy = PolicyDocument.parse({ ...FOLDER, gates: [gate] });
  const plan = { ...PLAN, replicates: evidence.plan.replicates };
  return decide(evidence, { model: { plan }, policy }, RULES);
}

async function explained(measured: Measured, verdict: object): Promise<string> {
  const { explainRun } = await import('../../../cli/remote/explain.ts');
  const api = {
    status: async () => ({ evaluation: {}, outputs: {}, candidates: [] }),
    evidence: async () => ({ measured, timings: {}, verdict }),
  };
  return (await explainRun(api as unknown as ApiClient, 'run')).words;
}

async function policySchema(): Promise<string> {
  const { jsonSchemas } = await import('#contracts/json-schema/generate.ts');
  return jsonSchemas()['policy.schema.json']!;
}

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  for (const list of [
    '#domain/metric-list.ts',
    '#learning/metrics/functions.ts',
    '#gates/list.ts',
    '#evaluation/measurements.ts',
  ]) {
    vi.doUnmock(list);
  }
  vi.resetModules();
});

describe('a metric more, by its entry and its function', () => {
  beforeEach(() => {
    vi.doMock('#domain/metric-list.ts', async (original) => {
      const list = await original<typeof import('#domain/metric-list.ts')>();
      const one = { name: 'specificity', label: 'specificity', better: 'higher', largest: 1 };
      return { METRICS: [...list.METRICS, { ...one, decimals: 4, needs: 'threshold' }] };
    });
    vi.doMock('#learning/metrics/functions.ts', async (original) => {
      const all = await original<typeof import('#learning/metrics/functions.ts')>();
      const specificity = {
        from: 'labels',
        of: (counts: { trueNegatives: number; falsePositives: number }) =>
          counts.trueNegatives / (counts.trueNegatives + counts.falsePositives),
      };
      return { ...all, METRIC_FUNCTIONS: { ...all.METRIC_FUNCTIONS, specificity } };
    });
  });

  it('is in evidence, in a gate, in explain, in MLflow and in the policy’s JSON Schema', async () => {
    const { measure } = await import('#evaluation/measure.ts');
    const { holdoutMetrics } = await import('../../../functions/record-run/tracked-metrics.ts');
    const measured = await readBack(
      measure(inputWith({ holdoutUnseen: { groups: 300, trained: 0 } })),
    );
    const negatives = [...labels.keys()].filter((row) => labels[row] === 0);
    const expected = negatives.filter((row) => scores[row]! < 0.5).length / negatives.length;
    const found = (measured.challenger.metrics as Record<string, { value: number; lower: number }>)[
      'specificity'
    ]!;
    expect(found.value).toBe(expected);
    expect(found.lower).toBeLessThan(expected);

    const gate = { name: 'few-alarms', metric: 'specificity', min: 0.99 };
    const verdict = await judged(measured, gate);
    const reason = `gate 'few-alarms' failed: specificity ${expected.toFixed(4)} is not at least 0.99`;
    expect(verdict).toMatchObject({ verdict: 'reject', reason, gates: [{ measured: expected }] });

    const words = await explained(measured, verdict);
    expect(words).toContain(reason);
    expect(words).toMatch(/MODEL.*specificity/);
    expect(holdoutMetrics(measured)['specificity']).toBe(expected);
    expect(await policySchema()).toContain('"specificity"');
  });

  it('is not measured in what was recorded before, and a gate that needs it holds', async () => {
    const old = await recordedEvidence();
    expect((old.challenger.metrics as Record<string, unknown>)['specificity']).toMatchObject({
      value: null,
      reason: 'not measured',
    });
    expect(await judged(old, { name: 'g', metric: 'specificity', min: 0 })).toMatchObject({
      verdict: 'hold',
      reason: "gate 'g' needs specificity, which was not measured",
    });
  });
});

describe('a kind of gate more, by its file and its line in the list', () => {
  beforeEach(() => {
    vi.doMock('#gates/list.ts', async (original) => {
      const list = await original<typeof import('#gates/list.ts')>();
      const { GATE_FIELDS, measurement, policyGate } = await import('#gates/gate-kind.ts');
      const { unmeasured } = await import('#gates/verdict.ts');
      const rarest = measurement('rarestRows', z.object({ rows: z.number() }));
      const enoughRare = policyGate({
        kind: 'enough-rare-rows',
        measurements: [rarest],
        policy: z.strictObject({
          ...GATE_FIELDS,
          kind: z.literal('enough-rare-rows'),
          atLeast: z.int().min(1),
        }),
        judge({ measurements: { rarestRows } }, { name, mode, atLeast }) {
          const needs = `gate '${name}' needs the number of rows of the rarer class`;
          if (rarestRows === undefined) {
            return { rulings: [unmeasured(mode, `${needs}, which was not measured`)] };
          }
          const { rows } = rarestRows;
          const row = {
            name,
            metric: 'rare rows',
            mode,
            measured: rows,
            limit: atLeast,
            interval: null,
            passed: rows >= atLeast,
            slack: rows - atLeast,
          };
          const reason = `gate '${name}' failed: ${rows} rows of the rarer class are not ${atLeast}`;
          return {
            rows: [row],
            rulings: row.passed
              ? []
              : [{ mode, verdict: 'hold', finding: 'gate', reason, setsComparisonAside: true }],
          };
        },
        lint: ({ atLeast }) =>
          atLeast < 10 ? [{ level: 'warning', what: `${atLeast} rows decide nothing` }] : [],
      });
      return { ...list, GATE_KINDS: [...list.GATE_KINDS, enoughRare] };
    });
    vi.doMock('#evaluation/measurements.ts', async (original) => {
      const all = await original<typeof import('#evaluation/measurements.ts')>();
      const rarestRows = ({ labels }: MeasuredOn) => {
        const positives = labels.reduce((sum, label) => sum + label, 0);
        return { rows: Math.min(positives, labels.length - positives) };
      };
      const { holdoutUnseen, judges } = all.MEASURE;
      return { MEASURE: { holdoutUnseen, judges, rarestRows } };
    });
  });

  it('is in the policy’s schema, in evidence, in the verdict, in explain and in the lint', async () => {
    const { measure, measureApart } = await import('#evaluation/measure.ts');
    const groups = Int32Array.from(labels, (_, row) => row);
    const on = { labels, groups, unseen: { groups: 300, trained: 0 } } as unknown as MeasuredOn;
    const measured = await readBack(measure(inputWith(measureApart(on))));
    expect(measured.measurements).toMatchObject({ rarestRows: { rows: 100 } });

    const gate = { kind: 'enough-rare-rows', name: 'rare', atLeast: 101 };
    const verdict = await judged(measured, gate);
    const reason = "gate 'rare' failed: 100 rows of the rarer class are not 101";
    expect(verdict).toMatchObject({
      verdict: 'hold',
      finding: 'gate',
      reason,
    });
    expect(verdict.gates[0]).toMatchObject({
      name: 'rare',
      metric: 'rare rows',
      measured: 100,
      limit: 101,
      passed: false,
    });
    // What the comparison would have said is still said.
    expect(verdict.reasons[1]).toContain('is above 0');
    expect((await judged(measured, { ...gate, atLeast: 100 })).verdict).toBe('promote');
    const words = await explained(measured, verdict);
    expect(words).toContain(reason);
    expect(words).toMatch(/rare +rare rows +enforce +100 +101 +NO/);

    expect(await policySchema()).toContain('"enough-rare-rows"');
    const { PolicyDocument } = await import('#contracts/folder/policy.ts');
    const parsed = PolicyDocument.safeParse({ ...FOLDER, gates: [{ ...gate, atLeast: 0 }] });
    expect(parsed.error?.issues[0]?.path).toEqual(['gates', 0, 'atLeast']);
    const { lintFolder } = await import('#model-folder/lint.ts');
    const { smallFolder } = await import('../dataset/small-folder.ts');
    const policy = PolicyDocument.parse({ ...FOLDER, gates: [{ ...gate, atLeast: 1 }] });
    expect(lintFolder({ ...smallFolder(), policy })).toContainEqual({
      level: 'warning',
      where: 'policy.json: gates.0',
      what: '1 rows decide nothing',
    });
  });

  it('holds what was recorded before it was measured, and names it', async () => {
    const gate = { kind: 'enough-rare-rows', name: 'rare', atLeast: 1 };
    expect(await judged(await recordedEvidence(), gate)).toMatchObject({
      verdict: 'hold',
      finding: 'unmeasured',
      reason: "gate 'rare' needs the number of rows of the rarer class, which was not measured",
    });
  });
});
