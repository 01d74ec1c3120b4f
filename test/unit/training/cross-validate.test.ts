import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Candidate } from '#contracts/folder/candidate.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { LearningError } from '#learning/errors.ts';
import { rowsWhere } from '#learning/folds.ts';
import { fitCalibrator } from '#learning/pipeline/calibrate.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { chooseThreshold } from '#learning/pipeline/threshold.ts';
import { foldsOf } from '#training/cross-validate.ts';
import { prepare, type PreparedData } from '#dataset/prepare.ts';
import { prepareTraining, scoreCandidate, type TrainingInput } from '#training/train.ts';
import { pickRows } from '#training/training-rows.ts';
import { bytesOf, smallFolder, smallRows } from '../dataset/small-folder.ts';

const FOLDS = 3;
let prepared: PreparedData;

function folderOf(model: Record<string, unknown>): Folder {
  return smallFolder({
    model: { plan: { primaryMetric: 'auc', replicates: 200, folds: FOLDS }, ...model },
  });
}

function trainingOf(folder: Folder): TrainingInput {
  return {
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
}

function firstOf(folder: Folder): Candidate {
  const [first] = folder.model.candidates;
  if (first === undefined) throw new Error('there is a candidate');
  return first;
}

function fittedOn(training: ReturnType<typeof prepareTraining>, candidate: Candidate) {
  const { scores } = scoreCandidate(training, candidate);
  if ('notFitted' in scores) throw new Error(scores.notFitted);
  return scores;
}

beforeAll(() => {
  prepared = prepare({
    folder: smallFolder(),
    csv: bytesOf(smallRows(900, 2)),
    file: 'data.csv',
    asOf: '2026-01-01T00:00:00.000Z',
    stored: null,
  });
});

describe('a candidate’s calibrator', () => {
  it.each(['sigmoid', 'isotonic'] as const)('is fitted once, on raw scores: %s', (calibration) => {
    const settings = { trees: 5, maxDepth: 4, minLeaf: 5 };
    const folder = folderOf({
      candidates: [{ name: 'c', algorithm: 'forest', settings, calibration }],
    });
    const training = prepareTraining(trainingOf(folder));
    const { rows, fit } = training;
    const candidate = firstOf(folder);
    expect(fit(rows, candidate).calibrator).toBeNull();

    const { calibration: _none, ...plain } = candidate;
    const { raw } = outOfFold(training, plain, folder.model.seed);
    const expected = fitCalibrator(calibration, raw, rows.labels);
    const scores = fittedOn(training, candidate);
    expect(scores.calibrator).toEqual(
      expected.kind === 'sigmoid'
        ? expected
        : { kind: 'isotonic', x: [...expected.x], y: [...expected.y] },
    );
  });
});

/** The raw score of each row by the candidate fitted without its fold. */
function outOfFold(
  training: ReturnType<typeof prepareTraining>,
  candidate: Candidate,
  seed: number,
) {
  const { rows, fit } = training;
  const fold = foldsOf(rows, FOLDS, seed);
  const raw = new Float64Array(rows.table.rows);
  for (let held = 0; held < FOLDS; held += 1) {
    const inside = pickRows(
      rows,
      rowsWhere(fold, (f) => f !== held),
    );
    const outside = rowsWhere(fold, (f) => f === held);
    const scores = scorer(fit(inside, candidate)).scoreTable(pickRows(rows, outside).table);
    outside.forEach((row, i) => (raw[row] = scores[i] ?? Number.NaN));
  }
  return { fold, raw };
}

describe('a candidate’s threshold', () => {
  it('labels no row that it was chosen on', () => {
    const settings = { trees: 5, maxDepth: 4, minLeaf: 5 };
    const folder = folderOf({ candidates: [{ name: 'c', algorithm: 'forest', settings }] });
    const training = prepareTraining(trainingOf(folder));
    const candidate = firstOf(folder);
    const { rows } = training;
    const { fold, raw } = outOfFold(training, candidate, folder.model.seed);
    let right = 0;
    for (let held = 0; held < FOLDS; held += 1) {
      const others = rowsWhere(fold, (f) => f !== held);
      const threshold = chooseThreshold(
        Float64Array.from(others, (row) => raw[row] ?? 0),
        Uint8Array.from(others, (row) => rows.labels[row] ?? 0),
        'max-accuracy',
      );
      fold.forEach((f, row) => {
        if (f === held && ((raw[row] ?? 0) >= threshold ? 1 : 0) === rows.labels[row]) right += 1;
      });
    }
    const own = chooseThreshold(raw, rows.labels, 'max-accuracy');
    const optimistic = raw.filter((score, row) => (score >= own ? 1 : 0) === rows.labels[row]);
    const { threshold, metrics } = fittedOn(training, candidate);
    // The model's own threshold is of all rows; what it is worth isn't.
    expect(threshold).toBe(own);
    expect(metrics.accuracy).toBe(right / rows.table.rows);
    expect(metrics.accuracy).toBeLessThan(optimistic.length / rows.table.rows);
  });
});

describe('a candidate that the training rows don’t let be fitted', () => {
  it('is told with the fold and the engine’s reason', () => {
    // Two features in the schema; one is constant in the data, which no folder says.
    const lines = smallRows(900).map((l) => l.replace(/,(red|green|blue),/, ',red,'));
    const folder = folderOf({
      candidates: [{ name: 'c', algorithm: 'forest', settings: { trees: 2, featuresPerSplit: 2 } }],
    });
    const { training } = prepare({
      folder,
      csv: bytesOf(lines),
      file: 'data.csv',
      asOf: '2026-01-01T00:00:00.000Z',
      stored: null,
    });
    const { scores } = scoreCandidate(
      prepareTraining({ ...trainingOf(folder), training }),
      firstOf(folder),
    );
    expect(scores).toEqual({
      schemaVersion: 1,
      model: 'small',
      candidate: firstOf(folder),
      notFitted:
        "without fold 1 of 3: candidate 'c': featuresPerSplit is 'sqrt', 'all' or 1 to 1 here, not 2",
    });
  });

  it('only within the folds says so there, and keeps its scores', () => {
    const folder = smallFolder({
      model: {
        plan: { primaryMetric: 'auc', replicates: 200, folds: 2 },
        candidates: ['c', 'd'].map((name) => ({ name, algorithm: 'logistic' })),
      },
    });
    const training = prepareTraining(trainingOf(folder));
    const { rows, fit } = training;
    const few = {
      ...training,
      fit: (some: typeof rows, candidate: Candidate) => {
        // Half of the rows outside a fold is enough, a third of these isn't.
        if (some.table.rows < rows.table.rows * 0.45) {
          throw new LearningError('SettingsInvalid', 'too few rows');
        }
        return fit(some, candidate);
      },
    };
    const { folds } = fittedOn(few, firstOf(folder));
    expect(folds).toMatchObject([
      { inner: [], innerNotFitted: 'too few rows' },
      { inner: [], innerNotFitted: 'too few rows' },
    ]);
  });
});

describe('a candidate whose folds take too long', () => {
  const folder = folderOf({});
  /** Each fit takes 100 s of a clock that only fits move. */
  const slow = (budget: number) => {
    let now = 0;
    const input = {
      ...trainingOf(folder),
      stopwatch: () => now,
      secondsLeft: () => budget - now,
    };
    const training = prepareTraining(input);
    const fit = vi.fn((...args: Parameters<typeof training.fit>) => {
      now += 100;
      return training.fit(...args);
    });
    return { training: { ...training, fit }, fit };
  };

  it('is stopped by name before the fit that no longer fits in', () => {
    const { training, fit } = slow(350);
    expect(() => scoreCandidate(training, firstOf(folder))).toThrow(
      expect.objectContaining({
        name: 'OutOfTime',
        message:
          "candidate 'a': 3 of 12 fits took 300.0 s, up to 100.0 s each, and the next one doesn’t fit into the 50.0 s left: fewer folds (plan.folds), fewer trees or rounds, or settings.sampleRows make it fit",
      }),
    );
    expect(fit).toHaveBeenCalledTimes(3);
  });

  it('is scored where the time is enough: a fit a fold, and three within it where a choice follows', () => {
    const choice = slow(1300);
    fittedOn(choice.training, firstOf(folder));
    expect(choice.fit).toHaveBeenCalledTimes(12);

    const alone = { ...folder, model: { ...folder.model, candidates: [firstOf(folder)] } };
    const { training, fit } = slow(1300);
    fittedOn({ ...training, input: { ...training.input, folder: alone } }, firstOf(folder));
    expect(fit).toHaveBeenCalledTimes(3);
  });
});

describe('a plan that folds the rows again', () => {
  const planOf = (repeats?: number) =>
    folderOf({
      plan: { primaryMetric: 'auc', folds: FOLDS, ...(repeats === undefined ? {} : { repeats }) },
      candidates: [
        { name: 'a', algorithm: 'forest', settings: { trees: 5, maxDepth: 4, minLeaf: 5 } },
        { name: 'b', algorithm: 'logistic' },
      ],
    });
  const scoresOf = (folder: Folder) =>
    fittedOn(prepareTraining(trainingOf(folder)), firstOf(folder));

  it('scores by other folds each time, and keeps all else of the first', () => {
    const once = scoresOf(planOf());
    const thrice = scoresOf(planOf(3));
    const { folds, ...rest } = thrice;
    expect({ ...rest, folds: folds.slice(0, FOLDS) }).toEqual(once);
    expect(folds.map(({ fold }) => fold)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(folds.map(({ auc }) => auc)).size).toBe(9);
    expect(folds.map(({ inner }) => inner.length > 0)).toEqual([
      ...[true, true, true],
      ...Array<boolean>(6).fill(false),
    ]);
  });

  it('is the same each time', () => {
    expect(scoresOf(planOf(2))).toEqual(scoresOf(planOf(2)));
  });
});
