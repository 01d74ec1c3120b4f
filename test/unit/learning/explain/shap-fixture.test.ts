import { describe, expect, it } from 'vitest';
import { type BoostedTrees, explainer } from '#learning/explain/explainer.ts';
import type { Table } from '#learning/table.ts';
import type { ForestEstimator } from '#learning/trees/forest-estimator.ts';
// shap 0.51.0 over scikit-learn 1.9.1 and LightGBM 4.7.0; written by make.py beside it.
import fixture from '../../../fixtures/shap/expected.json' with { type: 'json' };

type Case = (typeof fixture.cases)[number];

function estimatorOf(one: Case): ForestEstimator | BoostedTrees {
  // A number of the table, 0 to 59, is its own bin.
  const edges = Float64Array.from({ length: 254 }, (_, i) => i);
  const shared = {
    inputs: Array.from({ length: fixture.features }, () => ({ kind: 'bin', edges }) as const),
    trees: one.trees,
    split: Uint8Array.from(one.split),
    bin: Uint8Array.from(one.bin),
    cover: Uint16Array.from(one.cover),
  };
  if (one.kind === 'boosting') {
    return { kind: 'boosting', ...shared, value: Float64Array.from(one.value!), base: one.start! };
  }
  const [w0, w1] = one.classWeights!;
  return {
    kind: 'forest',
    ...shared,
    positives: Uint16Array.from(one.positives!),
    classWeights: [w0!, w1!],
  };
}

function tableOf(one: Case): Table {
  return {
    rows: one.rows.length,
    columns: Array.from({ length: fixture.features }, (_, f) => ({
      kind: 'numeric',
      name: `x${f}`,
      values: Float64Array.from(one.rows, (row) => row[f] ?? Number.NaN),
    })),
  };
}

describe("shap's own values", () => {
  it.each(fixture.cases.map((one) => [one.name, one] as const))('are ours: %s', (_, one) => {
    const { base, explain } = explainer(estimatorOf(one));
    const parts = explain(tableOf(one));
    let worst = Math.abs(base - one.base);
    one.values.flat().forEach((value, i) => {
      const miss = Math.abs(value - parts[i]!);
      worst = miss <= worst ? worst : miss;
    });
    expect(one.values.flat()).toHaveLength(parts.length);
    expect(worst).toBeLessThan(1e-12);
  });

  it('hold a forest without and with class weights, and boosting with gaps', () => {
    expect(fixture.cases.map((one) => one.name)).toEqual([
      'forest',
      'weighted forest',
      'hist-boosting',
      'lightgbm',
    ]);
    expect(fixture.cases[2]!.rows.flat().filter((cell) => cell === null).length).toBeGreaterThan(
      10,
    );
  });
});
