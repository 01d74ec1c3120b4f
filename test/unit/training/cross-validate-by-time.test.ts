import { describe, expect, it } from 'vitest';
import { prepare } from '#dataset/prepare.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { fitCalibrator } from '#learning/pipeline/calibrate.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { chooseThreshold } from '#learning/pipeline/threshold.ts';
import { crossValidate, splitsOf } from '#training/cross-validate.ts';
import { prepareTraining, train, type TrainingInput } from '#training/train.ts';
import { pickRows, type Rows } from '#training/training-rows.ts';
import { bytesOf, smallFolder, smallRows } from '../dataset/small-folder.ts';

const FOLDS = 4;
const COLUMNS = [
  { name: 'who', type: 'text', role: 'identity' },
  { name: 'x', type: 'number', role: 'feature' },
  { name: 'colour', type: 'category', role: 'feature' },
  { name: 'at', type: 'date', role: 'time' },
  { name: 'y', type: 'category', role: 'target' },
];

function timed(of: { readonly returning?: true; readonly lines?: readonly string[] } = {}) {
  const folder = smallFolder({
    schema: { columns: COLUMNS },
    model: {
      identity: { group: ['who'], time: 'at' },
      split: { by: 'time', holdout: 0.2, ...(of.returning ? { returning: true } : {}) },
      plan: { primaryMetric: 'auc', replicates: 200, folds: FOLDS, repeats: 3 },
    },
  });
  const prepared = prepare({
    folder,
    csv: bytesOf(of.lines ?? LINES, 'who,x,colour,at,y'),
    file: 'data.csv',
    asOf: '2026-01-01T00:00:00.000Z',
    stored: null,
  });
  const input: TrainingInput = {
    folder,
    training: prepared.training,
    trainingManifest: sha256Hex(prepared.trainingManifest),
    provenance: {
      model: 'small',
      commit: null,
      bundle: null,
      data: sha256Hex('data'),
      code: sha256Hex('code'),
      asOf: null,
    },
    stopwatch: () => 0,
  };
  return { folder, input, training: prepareTraining(input) };
}
const dated = (row: string, i: number): string =>
  row.replace(
    /,(yes|no)$/,
    `,${new Date(Date.UTC(2025, 0, 1 + Math.floor(i / 20))).toISOString().slice(0, 10)},$1`,
  );
/** Fifty days of twenty rows; a group has three rows that follow each other. */
const LINES = smallRows(1000).map(dated);

/** The rows of each fit and what it was scored on. */
function recorded(of: ReturnType<typeof timed>, nested = false) {
  const fits: Rows[] = [];
  const [candidate] = of.folder.model.candidates;
  if (candidate === undefined) throw new Error('there is a candidate');
  const outcome = crossValidate({
    folder: of.folder,
    rows: of.training.rows,
    candidate: { ...candidate, calibration: 'sigmoid' },
    fit: (rows, one) => {
      fits.push(rows);
      return of.training.fit(rows, one);
    },
    nested,
    time: of.input,
  });
  if ('notFitted' in outcome) throw new Error(outcome.notFitted);
  return { fits, outcome };
}

describe('folds of rows that are split by time', () => {
  const of = timed();
  const { folder, training } = of;
  const { rows } = training;
  const splits = splitsOf(rows, FOLDS, 0, folder);

  it('are windows, each later than all that is fitted for it, and of new groups', () => {
    expect(splits).toHaveLength(FOLDS);
    for (const { training: inside, held } of splits) {
      const [fitted, outside] = [pickRows(rows, inside), pickRows(rows, held)];
      expect(Math.max(...(fitted.days ?? []))).toBeLessThan(Math.min(...(outside.days ?? [])));
      const groups = new Set(fitted.groups);
      expect(outside.groups.some((group) => groups.has(group))).toBe(false);
      expect(held.length).toBeGreaterThan(0);
    }
  });

  it('are fitted once each, whatever the plan’s repeats, and folded by time within', () => {
    const { fits, outcome } = recorded(of);
    expect(fits).toHaveLength(FOLDS);
    expect(outcome.folds.map(({ fold }) => fold)).toEqual([0, 1, 2, 3]);
    const nested = recorded(of, true).fits;
    expect(nested).toHaveLength(FOLDS * 4);
    nested.forEach(({ days = [] }, i) => {
      const outer = nested[i - (i % 4)]?.days ?? [];
      if (i % 4 > 0) expect(Math.max(...days)).toBeLessThan(Math.max(...outer));
    });
  });

  it('say calibrator, threshold and metrics by the windows alone', () => {
    const [candidate] = folder.model.candidates;
    if (candidate === undefined) throw new Error('there is a candidate');
    const scores: number[] = [];
    const labels: number[] = [];
    const raw = new Map<number, number>();
    for (const { training: inside, held } of splits) {
      const found = scorer(training.fit(pickRows(rows, inside), candidate)).scoreTable(
        pickRows(rows, held).table,
      );
      held.forEach((row, i) => raw.set(row, found[i] ?? Number.NaN));
    }
    for (const [row, score] of [...raw].toSorted(([a], [b]) => a - b)) {
      scores.push(score);
      labels.push(rows.labels[row] ?? 0);
    }
    expect(scores.length).toBeLessThan(rows.table.rows * 0.85);
    const { outcome } = recorded(of);
    const expected = fitCalibrator('sigmoid', Float64Array.from(scores), Uint8Array.from(labels));
    expect(outcome.calibrator).toEqual(expected);
    const plain = crossValidate({
      folder,
      rows,
      candidate,
      fit: training.fit,
      nested: false,
      time: of.input,
    });
    expect(plain).toMatchObject({
      threshold: chooseThreshold(
        Float64Array.from(scores),
        Uint8Array.from(labels),
        'max-accuracy',
      ),
    });
  });

  it('hold out whoever was there before where the split lets them judge', () => {
    const again = LINES.map((row, i) => row.replace(/^w\d+/, `w${i % 30}`));
    const both = timed({ returning: true, lines: again });
    const all = splitsOf(both.training.rows, FOLDS, 0, both.folder);
    const known = new Set(pickRows(both.training.rows, all[3]?.training ?? Int32Array.of()).groups);
    const held = pickRows(both.training.rows, all[3]?.held ?? Int32Array.of());
    expect(held.groups.every((group) => known.has(group))).toBe(true);
    expect(held.groups.length).toBeGreaterThan(100);
  });

  it('are left out where the days before them hold one class alone', () => {
    const quiet = LINES.map((row, i) => (i < 260 ? row.replace(/,yes$/, ',no') : row));
    const { outcome, fits } = recorded(timed({ lines: quiet }));
    expect(outcome.folds.map(({ fold }) => fold)).toEqual([1, 2, 3]);
    expect(fits).toHaveLength(3);
  });

  it('train the same model each time', () => {
    expect(train(of.input).sha256).toBe(train(of.input).sha256);
  });
});
