import { beforeAll, describe, expect, it } from 'vitest';
import type { Candidate, Folder } from '../../../contracts/folder.ts';
import { sha256Hex } from '../../../domain/canonical.ts';
import { rowsWhere } from '../../../learning/folds.ts';
import { fitCalibrator } from '../../../learning/pipeline/calibrate.ts';
import { scorer } from '../../../learning/pipeline/scorer.ts';
import { foldsOf } from '../../../trial/cross-validate.ts';
import { prepare, type Prepared } from '../../../trial/prepare.ts';
import { prepareTraining, scoreCandidate, type TrainInput } from '../../../trial/train.ts';
import { pickRows } from '../../../trial/training-rows.ts';
import { bytesOf, smallFolder, smallRows } from '../dataset/small-folder.ts';

const FOLDS = 3;
let prepared: Prepared;

function folderOf(model: Record<string, unknown>): Folder {
  return smallFolder({
    model: { plan: { primaryMetric: 'auc', replicates: 200, folds: FOLDS }, ...model },
  });
}

function trainingOf(folder: Folder): TrainInput {
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

beforeAll(() => {
  prepared = prepare({
    folder: smallFolder(),
    csv: bytesOf(smallRows(900)),
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

    // By hand: the raw score of each row by the forest grown without its fold.
    const fold = foldsOf(rows, FOLDS, folder.model.seed);
    const raw = new Float64Array(rows.table.rows);
    for (let held = 0; held < FOLDS; held += 1) {
      const inside = pickRows(
        rows,
        rowsWhere(fold, (f) => f !== held),
      );
      const outside = rowsWhere(fold, (f) => f === held);
      const { calibration: _none, ...plain } = candidate;
      const scores = scorer(fit(inside, plain)).scoreTable(pickRows(rows, outside).table);
      outside.forEach((row, i) => (raw[row] = scores[i] ?? Number.NaN));
    }
    const expected = fitCalibrator(calibration, raw, rows.labels);
    const { scores } = scoreCandidate(training, candidate);
    expect(scores.calibrator).toEqual(
      expected.kind === 'sigmoid'
        ? expected
        : { kind: 'isotonic', x: [...expected.x], y: [...expected.y] },
    );
  });
});
