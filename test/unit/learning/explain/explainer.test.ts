import { describe, expect, it } from 'vitest';
import { explainer, meanMagnitudes, modelExplainer } from '#learning/explain/explainer.ts';
import { fitLogistic } from '#learning/linear/logistic.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { type PipelineSpec, fitPipeline } from '#learning/pipeline/fit.ts';
import { fillReader } from '#learning/pipeline/transforms.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import type { Column, Table } from '#learning/table.ts';
import { forest, leafProbabilities } from '#learning/trees/forest-estimator.ts';
import { treeReader } from '#learning/trees/tree-estimator.ts';
import { MANIFEST, madeUp, PROVENANCE, thrownBy } from '../made-up-table.ts';

const settings = { trees: 25, maxDepth: 8, minLeaf: 3, featuresPerSplit: 'sqrt' } as const;

function fit(candidate: Partial<PipelineSpec>): Artifact {
  return fitPipeline({
    ...madeUp(900),
    candidate: { name: 'plain', algorithm: 'forest', settings, ...candidate },
    seed: 1,
    positive: 'yes',
    thresholdRule: 0.5,
    trainingManifest: MANIFEST,
    provenance: PROVENANCE,
  });
}

/** Fresh rows whose category has its levels in another order, and one that training never saw. */
function freshRows(): Table {
  const { table } = madeUp(600, 7);
  const columns = table.columns.map((column): Column => {
    if (column.kind === 'numeric') return column;
    return { ...column, levels: ['west', 'elsewhere', 'north', 'east'] };
  });
  return { rows: table.rows, columns: [...columns].reverse() };
}

const logit = (p: number): number => Math.log(p / (1 - p));

function worstSum(base: number, parts: Float64Array, features: number, scores: Float64Array) {
  let worst = 0;
  scores.forEach((score, row) => {
    let sum = base;
    for (let f = 0; f < features; f += 1) sum += parts[row * features + f]!;
    const miss = Math.abs(sum - score);
    worst = miss <= worst ? worst : miss;
  });
  return worst;
}

describe('an explained model', () => {
  it('adds to the score of rows with gaps, other levels and an unseen one, behind transforms', () => {
    const rows = freshRows();
    for (const transforms of [
      [],
      [{ kind: 'encode', columns: ['place'], as: 'one-hot' } as const],
      [{ kind: 'interact', pairs: [['first', 'second']], as: 'product' } as const],
    ]) {
      const artifact = fit({ transforms });
      const { base, unit, features, explain } = modelExplainer(artifact);
      const parts = explain(rows);
      expect(unit).toBe('probability');
      expect(parts.length).toBe(600 * features.length);
      expect(
        worstSum(base, parts, features.length, scorer(artifact).scoreTable(rows)),
      ).toBeLessThan(1e-12);
    }
  });

  it('names the features behind the transforms', () => {
    const { features } = modelExplainer(
      fit({ transforms: [{ kind: 'interact', pairs: [['first', 'second']], as: 'ratio' }] }),
    );
    expect(features).toEqual(['first', 'place', 'second', 'noise', 'first/second']);
  });

  it('explains the score before calibration', () => {
    const rows = freshRows();
    const artifact = fit({ calibration: 'sigmoid' });
    const { base, explain } = modelExplainer(artifact);
    const raw = scorer({ ...artifact, calibrator: null }).scoreTable(rows);
    expect(worstSum(base, explain(rows), 4, raw)).toBeLessThan(1e-12);
    expect(scorer(artifact).scoreTable(rows)).not.toEqual(raw);
  });

  it('weighs rows by their class, in leaves and in the base', () => {
    const { table, labels } = madeUp(900);
    const { estimator } = forest.fit({ table, labels, settings, seed: 1, outOfBag: false });
    const weighted = { ...estimator, classWeights: [1, 3] } as const;
    const reader = forest.reader(weighted);
    const scores = new Float64Array(1);
    const one: Table = {
      rows: 1,
      columns: table.columns.map((column) =>
        column.kind === 'numeric'
          ? { ...column, values: column.values.slice(5, 6) }
          : { ...column, codes: column.codes.slice(5, 6) },
      ),
    };
    fillReader(reader, one, 0, 1);
    reader.score(1, scores, 0);
    const { base, explain } = explainer(weighted);
    expect(worstSum(base, explain(one), 4, scores)).toBeLessThan(1e-12);
    // Each tree's share of positive weight among its draws, by hand.
    const { cover, positives, split, trees } = weighted;
    let open = 1;
    let up = 0;
    let all = 0;
    let leaf = 0;
    let shares = 0;
    for (const code of split) {
      open += code === 0 ? -1 : 1;
      if (code !== 0) continue;
      up += 3 * positives[leaf]!;
      all += cover[leaf]! + 2 * positives[leaf]!;
      leaf += 1;
      if (open > 0) continue;
      shares += up / all;
      [open, up, all] = [1, 0, 0];
    }
    expect(base).toBeCloseTo(shares / trees, 12);
    expect(base).toBeGreaterThan(explainer(estimator).base + 0.1);
  });

  it('explains boosted trees in log odds', () => {
    const { table, labels } = madeUp(900);
    const { estimator } = forest.fit({ table, labels, settings, seed: 1, outOfBag: false });
    const { inputs, trees, split, bin, cover } = estimator;
    // Any trees will do: the values of these are made up.
    const value = leafProbabilities(estimator).map((p) => p - 0.4);
    const boosted = {
      kind: 'boosting',
      inputs,
      trees,
      split,
      bin,
      cover,
      value,
      base: -1.5,
    } as const;
    const { unit, base, explain } = explainer(boosted);
    const reader = treeReader(boosted, value, (sum) => sum - 1.5);
    const scores = new Float64Array(100);
    fillReader(reader, table, 0, 100);
    reader.score(100, scores, 0);
    expect(unit).toBe('log odds');
    expect(worstSum(base, explain(table), 4, scores)).toBeLessThan(1e-9);
  });

  it('takes a logistic regression apart, around the means of a background', () => {
    const { table, labels } = madeUp(900);
    const model = fitLogistic(table, labels, { l2: 1, classWeight: 1 });
    const artifact: Artifact = { ...fit({ transforms: [] }), estimator: model };
    const rows = freshRows();
    const logits = scorer(artifact).scoreTable(rows).map(logit);
    const plain = modelExplainer(artifact);
    expect(plain.base).toBe(model.intercept);
    expect(worstSum(plain.base, plain.explain(rows), 4, logits)).toBeLessThan(1e-9);

    const around = modelExplainer(artifact, table);
    expect(worstSum(around.base, around.explain(rows), 4, logits)).toBeLessThan(1e-9);
    // Over the background itself every feature's parts cancel.
    const parts = around.explain(table);
    for (let f = 0; f < 4; f += 1) {
      let sum = 0;
      for (let row = 0; row < table.rows; row += 1) sum += parts[row * 4 + f]!;
      expect(Math.abs(sum)).toBeLessThan(1e-9);
    }
    const number = model.inputs[3]!;
    const noise = table.columns[3]!;
    if (number.kind !== 'standard' || noise.kind !== 'numeric') throw new Error('not a number');
    expect(parts[3]).toBeCloseTo(
      (number.coefficient / number.scale) * (noise.values[0]! - number.mean),
      12,
    );
  });

  it('refuses ml-random-forest, other features, and a column that is missing', () => {
    const voting = fit({
      algorithm: 'ml-random-forest',
      settings: { ...settings, trees: 2, sampleRows: 60 },
      transforms: [],
    });
    expect(thrownBy(() => modelExplainer(voting))).toMatchObject({ name: 'ArtifactInvalid' });
    const artifact = fit({});
    const { table } = madeUp(10);
    const fewer = { ...table, columns: table.columns.slice(1) };
    const error = thrownBy(() => modelExplainer(artifact).explain(fewer));
    expect(error).toMatchObject({ name: 'RowInvalid', subject: 'first' });
    const { explain } = explainer(artifact.estimator);
    expect(thrownBy(() => explain(fewer)).message).toContain('3 features');
    const swapped = { ...table, columns: [...table.columns].reverse() };
    expect(thrownBy(() => explain(swapped))).toMatchObject({
      name: 'TableInvalid',
      subject: 'second',
    });
  });

  it('refuses features of another length, and a number that no sum holds', () => {
    const { table, labels } = madeUp(300);
    const short = table.columns.map(
      (column, i): Column =>
        i === 2 && column.kind === 'numeric'
          ? { ...column, values: column.values.slice(1) }
          : column,
    );
    const model = fitLogistic(table, labels, { l2: 1, classWeight: 1 });
    const error = thrownBy(() => explainer(model).explain({ rows: 300, columns: short }));
    expect(error).toMatchObject({ name: 'TableInvalid', subject: 'second' });
    const huge = table.columns.map(
      (column, i): Column =>
        i === 2 && column.kind === 'numeric'
          ? { ...column, values: column.values.map((value, row) => (row === 7 ? 1e308 : value)) }
          : column,
    );
    // A small scale and a large coefficient are what it takes.
    const steep = {
      ...model,
      inputs: model.inputs.map((input) =>
        input.kind === 'standard' ? { ...input, scale: 1e-3, coefficient: 10 } : input,
      ),
    };
    const refusal = thrownBy(() => explainer(steep).explain({ rows: 300, columns: huge }));
    expect(refusal).toMatchObject({ name: 'RowInvalid', subject: 'second' });
    expect(refusal.message).toContain('row 7');
  });
});

describe('mean magnitudes', () => {
  it('are the mean absolute part of each feature', () => {
    expect([...meanMagnitudes(Float64Array.of(1, -2, -3, 4, 2, 0), 2)]).toEqual([2, 2]);
    expect([...meanMagnitudes(new Float64Array(0), 2)]).toEqual([0, 0]);
  });

  it('put noise last', () => {
    const { table } = madeUp(500, 3);
    const { explain } = modelExplainer(fit({}));
    const means = meanMagnitudes(explain(table), 4);
    expect(means.indexOf(Math.min(...means))).toBe(3);
  });
});
