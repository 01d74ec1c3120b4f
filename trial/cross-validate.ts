/** One candidate on folds of the training rows. */
import type { Candidate, Folder } from '../contracts/folder.ts';
import type { CandidateScores, FoldScore } from '../contracts/selection.ts';
import { TitleholderError } from '../domain/errors.ts';
import { LearningError } from '../learning/errors.ts';
import { groupedFolds, rowsWhere, stratifiedGroupedFolds } from '../learning/folds.ts';
import { metricsOf, orderByScore, rankMetrics } from '../learning/measures/metrics.ts';
import type { Artifact } from '../learning/pipeline/artifact.ts';
import { type Calibrator, calibrate, fitCalibrator } from '../learning/pipeline/calibrate.ts';
import type { Estimator } from '../learning/pipeline/estimators.ts';
import { scorer } from '../learning/pipeline/scorer.ts';
import { chooseThreshold } from '../learning/pipeline/threshold.ts';
import { pickRows, type Rows } from './training-rows.ts';

/** Within the rows outside a fold; the choice is only as good there as three folds make it. */
const INNER_FOLDS = 3;

/** Fits a candidate's transforms and estimator on rows. */
export type Fit = (rows: Rows, candidate: Candidate) => Artifact;

/**
 * Scores a candidate on `plan.folds` stratified folds by group, each row by a fit that saw neither it nor its group.
 *
 * With `nested`, the rows outside each fold are folded again, so that a choice can be made without it.
 * Calibrator and threshold come from the out-of-fold scores; a row's own probability among them is by a
 * calibrator without its fold, so that the metrics aren't those of rows that were fitted. A fold that a
 * rare class missed is left out: it says nothing about the order of the classes. Throws `DataInvalid`
 * where no fold holds both classes, and what `fit` throws.
 */
export function crossValidate(of: {
  readonly folder: Folder;
  readonly rows: Rows;
  readonly candidate: Candidate;
  readonly fit: Fit;
  readonly nested: boolean;
}): CandidateScores {
  const { folder, rows, candidate, fit } = of;
  const { name, plan, seed } = folder.model;
  const fold = foldsOf(rows, plan.folds, seed);
  const outOfFold = new Float64Array(rows.table.rows);
  const folds: FoldScore[] = [];
  for (let held = 0; held < plan.folds; held += 1) {
    const inside = pickRows(
      rows,
      rowsWhere(fold, (f) => f !== held),
    );
    const outside = rowsWhere(fold, (f) => f === held);
    const heldOut = pickRows(rows, outside);
    const artifact = fit(inside, candidate);
    const scores = scorer(artifact).scoreTable(heldOut.table);
    outside.forEach((row, i) => {
      outOfFold[row] = scores[i] ?? Number.NaN;
    });
    const auc = aucOf(scores, heldOut.labels);
    if (Number.isNaN(auc)) continue;
    const inner = of.nested ? innerScores(inside, candidate, fit, seed) : [];
    folds.push({ fold: held, auc, size: sizeOf(artifact.estimator), inner });
  }
  if (folds.length === 0) {
    throw new TitleholderError('DataInvalid', 'no fold of the training rows holds both classes');
  }
  const kind = candidate.calibration ?? 'none';
  const calibrator = kind === 'none' ? null : fitCalibrator(kind, outOfFold, rows.labels);
  const probabilities =
    kind === 'none' ? outOfFold : crossCalibrated(kind, outOfFold, rows.labels, fold);
  const threshold =
    typeof plan.threshold === 'number'
      ? plan.threshold
      : chooseThreshold(probabilities, rows.labels, plan.threshold);
  return {
    schemaVersion: 1,
    model: name,
    candidate,
    folds,
    calibrator:
      calibrator?.kind === 'isotonic'
        ? { kind: 'isotonic', x: [...calibrator.x], y: [...calibrator.y] }
        : calibrator,
    threshold,
    metrics: metricsOf(probabilities, rows.labels, threshold),
  };
}

/** The calibrator of a document, as the engine takes it. */
export function calibratorOf({ calibrator }: CandidateScores): Calibrator | null {
  return calibrator?.kind === 'isotonic'
    ? { kind: 'isotonic', x: Float64Array.from(calibrator.x), y: Float64Array.from(calibrator.y) }
    : calibrator;
}

function innerScores(rows: Rows, candidate: Candidate, fit: Fit, seed: number): number[] {
  const folds = Math.min(INNER_FOLDS, new Set(rows.groups).size);
  if (folds < 2) return [];
  const fold = foldsOf(rows, folds, seed);
  const found: number[] = [];
  for (let held = 0; held < folds; held += 1) {
    const inside = pickRows(
      rows,
      rowsWhere(fold, (f) => f !== held),
    );
    const heldOut = pickRows(
      rows,
      rowsWhere(fold, (f) => f === held),
    );
    // Of one class alone nothing can be learnt; whoever else is asked here finds the same.
    if (new Set(inside.labels).size < 2 || new Set(heldOut.labels).size < 2) continue;
    try {
      const scores = scorer(fit(inside, candidate)).scoreTable(heldOut.table);
      found.push(aucOf(scores, heldOut.labels));
    } catch (error) {
      // Too few rows for this candidate so deep inside: no reason to lose what it learns from more.
      if (error instanceof LearningError) return [];
      throw error;
    }
  }
  return found;
}

/** By group, with like shares of either class; a class in too few groups for that goes where it falls. */
export function foldsOf({ labels, groups }: Rows, folds: number, seed: number): Int32Array {
  const holding = [0, 1].map(
    (label) => new Set(groups.filter((_, row) => labels[row] === label)).size,
  );
  return Math.min(...holding) < folds
    ? groupedFolds(groups, folds, seed)
    : stratifiedGroupedFolds(labels, groups, folds, seed);
}

/** Each row's probability by a calibrator fitted on the scores of the other folds. */
function crossCalibrated(
  kind: 'sigmoid' | 'isotonic',
  scores: Float64Array,
  labels: Uint8Array,
  fold: Int32Array,
): Float64Array {
  const probabilities = new Float64Array(scores.length);
  for (const held of new Set(fold)) {
    // NaN is left out of the fit.
    const others = scores.map((score, row) => (fold[row] === held ? Number.NaN : score));
    const calibrator = fitCalibrator(kind, others, labels);
    fold.forEach((f, row) => {
      if (f === held) probabilities[row] = calibrate(calibrator, scores[row] ?? Number.NaN);
    });
  }
  return probabilities;
}

/** NaN where the labels are of one class. */
export function aucOf(scores: Float64Array, labels: Uint8Array): number {
  return rankMetrics(orderByScore(scores), scores, labels).auc;
}

/** Leaves of all trees, or coefficients. */
function sizeOf(estimator: Estimator): number {
  switch (estimator.kind) {
    case 'forest':
      return estimator.positives.length;
    case 'boosting':
      return estimator.value.length;
    case 'ml-random-forest':
      return estimator.vote.length;
    case 'logistic':
      return estimator.inputs.reduce(
        (sum, input) => sum + (input.kind === 'levels' ? input.coefficients.length : 1),
        1,
      );
  }
}
