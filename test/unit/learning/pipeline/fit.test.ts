import { RandomForestClassifier } from 'ml-random-forest';
import { describe, expect, it } from 'vitest';
import { calibrate } from '#learning/pipeline/calibrate.ts';
import { encodeArtifact } from '#learning/pipeline/artifact.ts';
import { fitBaseline } from '#learning/baselines.ts';
import { type PipelineSpec, type FitInput, fitPipeline } from '#learning/pipeline/fit.ts';
import { groupedFolds } from '#learning/folds.ts';
import { metricsOf } from '#learning/metrics/metrics.ts';
import { substream } from '#learning/random.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { chooseThreshold } from '#learning/pipeline/threshold.ts';
import { MANIFEST, madeUp, PROVENANCE, thrownBy } from '../made-up-table.ts';

const settings = { trees: 30, maxDepth: 8, minLeaf: 5, featuresPerSplit: 'sqrt' } as const;
const forest: PipelineSpec = { name: 'plain', algorithm: 'forest', settings };

function input(rows: number, more: Partial<FitInput> = {}): FitInput {
  return {
    ...madeUp(rows),
    candidate: forest,
    seed: 1,
    positive: 'yes',
    thresholdRule: 0.5,
    trainingManifest: MANIFEST,
    provenance: PROVENANCE,
    ...more,
  };
}

const fresh = madeUp(4000, 99);
const aucOf = (artifact: ReturnType<typeof fitPipeline>) =>
  metricsOf(scorer(artifact).scoreTable(fresh.table), fresh.labels, artifact.threshold).auc;

describe('fitting', () => {
  it('beats both baselines on rows it never saw', () => {
    const base = fitBaseline('base-rate', input(2000));
    const column = fitBaseline('best-column', input(2000));
    const model = fitPipeline(input(2000));
    expect(aucOf(base)).toBe(0.5);
    expect(aucOf(column)).toBeGreaterThan(0.6);
    expect(aucOf(model)).toBeGreaterThan(aucOf(column) + 0.08);
  });

  it('gives the base rate of the training rows, and one cut of one column, as baselines', () => {
    const { labels } = madeUp(2000);
    const rate = labels.reduce((a, b) => a + b, 0) / 2000;
    const scores = scorer(fitBaseline('base-rate', input(2000))).scoreTable(fresh.table);
    expect(new Set(scores)).toEqual(new Set([rate]));
    const column = fitBaseline('best-column', input(2000));
    expect(column.provenance.candidate).toBe('best-column');
    expect(new Set(scorer(column).scoreTable(fresh.table)).size).toBe(2);
  });

  it('makes another model from another seed, and 0 is a seed', () => {
    const bytes = [0, 1, 2].map((seed) => encodeArtifact(fitPipeline(input(300, { seed }))).join());
    expect(new Set(bytes).size).toBe(3);
    expect(thrownBy(() => fitPipeline(input(300, { seed: 0.5 }))).name).toBe('SeedInvalid');
  });

  it('trains on so many rows as the candidate samples', () => {
    const candidate = { ...forest, settings: { ...settings, sampleRows: 100 } };
    const { estimator } = fitPipeline(input(2000, { candidate }));
    if (estimator.kind !== 'forest') throw new Error('not a forest');
    expect([...estimator.cover].reduce((a, b) => a + b, 0)).toBe(100 * settings.trees);
    const more = { ...forest, settings: { ...settings, sampleRows: 9999 } };
    expect(fitPipeline(input(300, { candidate: more })).estimator).toEqual(
      fitPipeline(input(300)).estimator,
    );
  });

  it('refuses settings that no training can honour, naming the setting', () => {
    const wrong: [string, object][] = [
      ['trees', { trees: 0 }],
      ['trees', { trees: 1.5 }],
      ['maxDepth', { maxDepth: -1 }],
      ['maxDepth', { maxDepth: 41 }],
      ['minLeaf', { minLeaf: Number.NaN }],
      ['featuresPerSplit', { featuresPerSplit: 5 }],
      ['classWeight', { classWeight: 2e6 }],
      ['classWeight', { classWeight: 5e-7 }],
      ['featuresPerSplit', { featuresPerSplit: 'log2' }],
      ['sampleRows', { sampleRows: 0 }],
      ['depth', { depth: 3 }],
    ];
    for (const [subject, change] of wrong) {
      const candidate = { ...forest, settings: { ...settings, ...change } } as PipelineSpec;
      expect(thrownBy(() => fitPipeline(input(50, { candidate })))).toMatchObject({
        name: 'SettingsInvalid',
        subject,
      });
    }
    const candidate = { ...forest, algorithm: 'magic' } as unknown as PipelineSpec;
    expect(thrownBy(() => fitPipeline(input(50, { candidate })))).toMatchObject({
      name: 'SettingsInvalid',
      subject: 'algorithm',
    });
    expect(thrownBy(() => fitPipeline(input(50, { thresholdRule: 2 }))).name).toBe(
      'SettingsInvalid',
    );
  });

  it('refuses one class, and labels or groups of another length', () => {
    expect(thrownBy(() => fitPipeline(input(50, { labels: new Uint8Array(50) }))).name).toBe(
      'OneClass',
    );
    expect(thrownBy(() => fitPipeline(input(50, { labels: new Uint8Array(49) }))).name).toBe(
      'TableInvalid',
    );
    expect(thrownBy(() => fitPipeline(input(50, { groups: new Int32Array(49) }))).name).toBe(
      'TableInvalid',
    );
  });
});

describe('a candidate that somebody wrote', () => {
  const wrong: [string, PipelineSpec['algorithm'], object, object][] = [
    ['trees', 'forest', { trees: undefined }, {}],
    ['trees', 'forest', { trees: '30' }, {}],
    ['trees', 'ml-random-forest', { trees: 1.5 }, {}],
    ['maxDepth', 'ml-random-forest', { maxDepth: -3 }, {}],
    ['featuresPerSplit', 'ml-random-forest', { featuresPerSplit: 0.5 }, {}],
    ['classWeight', 'ml-random-forest', { classWeight: 2 }, {}],
    ['rounds', 'boosting', { rounds: 0 }, {}],
    ['learningRate', 'boosting', { learningRate: -0.1 }, {}],
    ['leaves', 'boosting', { leaves: 2.5 }, {}],
    ['trees', 'boosting', { trees: 3 }, {}],
    ['l2', 'logistic', { l2: -1 }, {}],
    ['l2', 'logistic', { l2: Number.NaN }, {}],
    ['trees', 'logistic', { trees: 3 }, {}],
    ['sampleRows', 'logistic', { sampleRows: 1.5 }, {}],
    ['sampleRows', 'logistic', { sampleRows: -10 }, {}],
    ['calibration', 'forest', {}, { calibration: 'beta' }],
    ['transforms', 'forest', {}, { transforms: 'impute' }],
    ['best', 'forest', {}, { transforms: [{ kind: 'select', best: 0 }] }],
    ['gone', 'forest', {}, { transforms: [{ kind: 'encode', as: 'ordinal', columns: ['gone'] }] }],
    ['settings', 'forest', [], {}],
  ];
  it.each(wrong)('is refused for its %s (%s, %j, %j)', (subject, algorithm, change, more) => {
    const own = algorithm === 'logistic' || algorithm === 'boosting' ? {} : settings;
    const written = Array.isArray(change) ? change : { ...own, ...change };
    const candidate = { name: 'plain', algorithm, settings: written, ...more } as PipelineSpec;
    const error = thrownBy(() => fitPipeline(input(60, { candidate })));
    expect(error).toMatchObject({ name: 'SettingsInvalid', subject });
    expect(error.message).toContain("candidate 'plain'");
  });

  it('is refused for a seed that is no whole number, whether it draws or not', () => {
    for (const algorithm of ['forest', 'boosting', 'logistic'] as const) {
      const candidate: PipelineSpec = {
        name: 'c',
        algorithm,
        settings: algorithm === 'forest' ? settings : {},
      };
      for (const seed of [0.5, Number.NaN, Infinity, 2 ** 53]) {
        const error = thrownBy(() => fitPipeline(input(60, { candidate, seed })));
        expect(error).toMatchObject({ name: 'SeedInvalid', subject: 'seed' });
      }
    }
  });

  it('is refused where a label is missing, with the row', () => {
    const labels = input(60).labels.map((label, row) => (row === 17 ? 2 : label));
    const error = thrownBy(() => fitPipeline(input(60, { labels })));
    expect(error.name).toBe('TableInvalid');
    expect(error.message).toContain('row 17');
  });

  it('fits its transforms on the rows it is given, and no level that only others have', () => {
    const { table, labels } = madeUp(200);
    const place = table.columns[1]!;
    if (place.kind !== 'categorical') throw new Error('not categorical');
    const wide = { ...place, levels: ['nowhere', ...place.levels] };
    const columns = table.columns.map((column) =>
      column === place ? { ...wide, codes: place.codes.map((c) => (c < 0 ? -1 : c + 1)) } : column,
    );
    const candidate: PipelineSpec = {
      ...forest,
      transforms: [{ kind: 'encode', as: 'one-hot' }],
    };
    const model = fitPipeline(input(200, { candidate, table: { rows: 200, columns }, labels }));
    expect(model).toEqual(fitPipeline(input(200, { candidate })));
    expect(model.columns[1]).toEqual({
      kind: 'categorical',
      name: 'place',
      levels: ['north', 'east', 'south', 'west'],
    });
    expect(model.estimator.inputs).toHaveLength(8);
  });
});

describe('a calibrator', () => {
  // Shallow trees' scores lean towards the middle.
  const candidate: PipelineSpec = { ...forest, settings: { ...settings, maxDepth: 3 } };
  const brier = (model: ReturnType<typeof fitPipeline>) =>
    metricsOf(scorer(model).scoreTable(fresh.table), fresh.labels, 0.5).brier;

  it.each(['sigmoid', 'isotonic'] as const)(
    'of kind %s is fitted on scores of rows that the trees did not see, and helps on fresh rows',
    (calibration) => {
      const plain = fitPipeline(input(3000, { candidate }));
      const groups = Int32Array.from({ length: 3000 }, (_, row) => row >> 1);
      for (const more of [{}, { groups }]) {
        const model = fitPipeline(
          input(3000, { candidate: { ...candidate, calibration }, ...more }),
        );
        expect(model.calibrator?.kind).toBe(calibration);
        expect(model.estimator).toEqual(plain.estimator);
        expect(brier(model)).toBeLessThan(brier(plain) - 0.002);
      }
    },
  );

  it.each(['sigmoid', 'isotonic'] as const)(
    'of kind %s is not taken in by trees that know their own rows',
    (calibration) => {
      // Scores of rows that the trees saw are near 0 and 1: fitted on these it would be far too sure.
      const deep = { ...settings, maxDepth: 30, minLeaf: 1 };
      const plain = fitPipeline(input(1500, { candidate: { ...forest, settings: deep } }));
      const groups = Int32Array.from({ length: 1500 }, (_, row) => row >> 1);
      for (const more of [{}, { groups }]) {
        const candidate: PipelineSpec = { ...forest, settings: deep, calibration };
        expect(brier(fitPipeline(input(1500, { candidate, ...more })))).toBeLessThan(
          brier(plain) + 0.002,
        );
      }
    },
  );

  it('comes before the threshold: that is a probability, not a score', () => {
    const shallow = { ...settings, maxDepth: 2 };
    for (const [algorithm, own] of [
      ['forest', shallow],
      ['ml-random-forest', { ...shallow, sampleRows: 300 }],
    ] as const) {
      const plainCandidate: PipelineSpec = { name: 'c', algorithm, settings: own };
      const rule = { thresholdRule: 'max-f1' } as const;
      const plain = fitPipeline(input(2000, { candidate: plainCandidate, ...rule }));
      const model = fitPipeline(
        input(2000, { candidate: { ...plainCandidate, calibration: 'sigmoid' }, ...rule }),
      );
      const { calibrator } = model;
      if (calibrator === null) throw new Error('not calibrated');
      // A sigmoid keeps the order, so the cut is at the same place, between the same two scores.
      const near = 0.005;
      expect(Math.abs(model.threshold - plain.threshold)).toBeGreaterThan(2 * near);
      expect(model.threshold).toBeGreaterThan(calibrate(calibrator, plain.threshold - near));
      expect(model.threshold).toBeLessThan(calibrate(calibrator, plain.threshold + near));
      expect(scorer(model).scoreTable(fresh.table)).toEqual(
        scorer(plain)
          .scoreTable(fresh.table)
          .map((score) => calibrate(calibrator, score)),
      );
    }
  });
});

describe('a threshold', () => {
  it('is the best of all that part the scores differently', () => {
    const random = substream(4);
    for (let round = 0; round < 30; round += 1) {
      const scores = Float64Array.from(
        { length: 40 },
        () => Math.round(random.nextFloat() * 20) / 20,
      );
      const labels = Uint8Array.from(scores, (score) => (random.nextFloat() < score ? 1 : 0));
      labels[0] = 1;
      labels[1] = 0;
      for (const [rule, metric] of [
        ['max-f1', 'f1'],
        ['max-accuracy', 'accuracy'],
      ] as const) {
        const best = Math.max(
          ...Array.from(
            { length: 42 },
            (_, i) => metricsOf(scores, labels, i / 40 - 0.0125)[metric],
          ),
        );
        const chosen = chooseThreshold(scores, labels, rule);
        expect(metricsOf(scores, labels, chosen)[metric]).toBeCloseTo(best, 12);
        expect(chosen >= 0 && chosen <= 1).toBe(true);
      }
    }
  });

  it('comes from out-of-bag scores, or from folds by group, and stays near the best on fresh rows', () => {
    const groups = Int32Array.from({ length: 2000 }, (_, row) => row >> 2);
    for (const more of [{}, { groups }]) {
      const model = fitPipeline(input(2000, { thresholdRule: 'max-accuracy', ...more }));
      const scores = scorer(model).scoreTable(fresh.table);
      const at = (threshold: number) => metricsOf(scores, fresh.labels, threshold).accuracy;
      const best = Math.max(...Array.from({ length: 99 }, (_, i) => at((i + 1) / 100)));
      expect(at(model.threshold)).toBeGreaterThan(best - 0.02);
      expect(model.estimator).toEqual(fitPipeline(input(2000)).estimator);
    }
  });

  it('comes from folds where a category is among the features, whose order knows all labels', () => {
    const rule = { thresholdRule: 'max-accuracy' } as const;
    const thresholds = (encode: boolean) =>
      [2, 3, 5].map((folds) => {
        const transforms = encode ? [{ kind: 'encode', as: 'one-hot' } as const] : [];
        return fitPipeline(input(1000, { ...rule, folds, candidate: { ...forest, transforms } }))
          .threshold;
      });
    expect(new Set(thresholds(false)).size).toBe(3);
    expect(new Set(thresholds(true)).size).toBe(1);
  });

  it('never lets a group stand on both sides of a fold', () => {
    const groups = Int32Array.from({ length: 400 }, (_, row) => (row * 7) % 37);
    const folds = groupedFolds(groups, 5, 1);
    const seen = new Map<number, Set<number>>();
    groups.forEach((group, row) =>
      seen.set(group, (seen.get(group) ?? new Set()).add(folds[row]!)),
    );
    expect([...seen.values()].every((one) => one.size === 1)).toBe(true);
    expect(new Set(folds).size).toBe(5);
    expect(thrownBy(() => groupedFolds(new Int32Array(9), 2, 1)).name).toBe('SettingsInvalid');
  });
});

describe('early stopping', () => {
  it('stops soon where a selection found nothing but luck: it was made without the held-out rows', () => {
    const rounds = [2, 3, 4].map((seed) => {
      const random = substream(seed, 'luck');
      const columns = Array.from({ length: 1000 }, (_, i) => ({
        kind: 'numeric' as const,
        name: `x${i}`,
        values: new Float64Array(400).map(() => random.nextNormal()),
      }));
      const labels = new Uint8Array(400).map((_, row) => row % 2);
      const candidate: PipelineSpec = {
        name: 'lucky',
        algorithm: 'boosting',
        settings: { rounds: 200, earlyStoppingRounds: 20 },
        transforms: [{ kind: 'select', best: 50 }],
      };
      const table = { rows: 400, columns };
      const { estimator } = fitPipeline(input(400, { table, labels, candidate, seed }));
      return estimator.kind === 'boosting' ? estimator.trees : Number.NaN;
    });
    // With all rows in the selection: 73, 100 and 93.
    expect(Math.max(...rounds)).toBeLessThan(15);
  });
});

describe('ml-random-forest', () => {
  const candidate: PipelineSpec = {
    name: 'small',
    algorithm: 'ml-random-forest',
    settings: { ...settings, trees: 7, featuresPerSplit: 'all' },
  };

  it('learns, with a threshold from held-out folds', () => {
    const model = fitPipeline(input(300, { candidate, thresholdRule: 'max-f1' }));
    expect(aucOf(model)).toBeGreaterThan(0.68);
  });

  it("counts the votes of the library's own trees, none lost", () => {
    const { table, labels } = madeUp(200);
    const model = fitPipeline(input(200, { candidate }));
    if (model.estimator.kind !== 'ml-random-forest') throw new Error('another estimator');
    const medians = model.estimator.inputs.map((input) => input.value);
    const matrix = Array.from({ length: 200 }, (_, row) =>
      table.columns.map((column, i) => {
        const cell = column.kind === 'numeric' ? column.values[row]! : column.codes[row]!;
        return Number.isNaN(cell) || (cell === -1 && column.kind === 'categorical')
          ? medians[i]!
          : cell;
      }),
    );
    const peer = new RandomForestClassifier({
      seed: substream(1, 'ml-random-forest').nextUint32() >>> 1,
      maxFeatures: 4,
      replacement: false,
      nEstimators: 7,
      useSampleBagging: true,
      noOOB: true,
      treeOptions: { gainThreshold: 0, maxDepth: 8, minNumSamples: 5 },
    });
    peer.train(matrix, [...labels]);
    const votes = peer.predictionValues(matrix).to2DArray();
    const shares = votes.map((row) => row.reduce((a, b) => a + b, 0) / 7);
    expect([...scorer(model).scoreTable(table)]).toEqual(shares);
  });

  it('refuses more than 5,000 rows at once', () => {
    const error = thrownBy(() => fitPipeline(input(5001, { candidate })));
    expect(error).toMatchObject({ name: 'SettingsInvalid', subject: 'algorithm' });
  });
});
