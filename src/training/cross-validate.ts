/** One candidate on folds of the training rows. */
import type { Candidate } from '#contracts/folder/candidate.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import type { CandidateOutcome, CandidateScores, FoldScore } from '#contracts/selection.ts';
import { TitleholderError } from '#domain/errors.ts';
import { LearningError } from '#learning/errors.ts';
import {
  type FoldSplit,
  groupedFolds,
  rowsWhere,
  stratifiedGroupedFolds,
  timeOrderedSplits,
} from '#learning/folds.ts';
import { aucOf, confusion, labelMetrics, metricsOf } from '#learning/metrics/metrics.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { type Calibrator, calibrate, fitCalibrator } from '#learning/pipeline/calibrate.ts';
import type { Estimator } from '#learning/pipeline/estimators.ts';
import { substream } from '#learning/random.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { chooseThreshold, type ThresholdRule } from '#learning/pipeline/threshold.ts';
import { type TimeLimit, withinTime } from './time-limit.ts';
import { pickRows, type Rows } from './training-rows.ts';

/** Within the rows outside a fold; the choice is only as good there as three folds make it. */
const INNER_FOLDS = 3;

/** Fits a candidate's transforms and estimator on rows. */
export type Fit = (rows: Rows, candidate: Candidate) => Artifact;

/**
 * Scores a candidate on `plan.folds` stratified folds by group, each row by a fit that saw neither it nor its group,
 * and does so `plan.repeats` times, each time with other folds. Where the split is by time, the folds are
 * later and later windows, each scored by a fit on what lies before it, and once: there is one such folding.
 *
 * With `nested`, the rows outside each fold of the first folding are folded again, so that a choice can be made without it.
 * Calibrator and threshold come from the first folding's out-of-fold scores. The metrics aren't those of rows that were
 * fitted: a row's own probability is by a calibrator without its fold, and its label by a threshold chosen
 * on the other folds. A fold that a rare class missed is left out: it says nothing about the order of the
 * classes. What the engine refuses on a fold makes the candidate one that isn't fitted, with the reason.
 * Throws `DataInvalid` where no fold holds both classes, `OutOfTime`, and what making the folds throws.
 */
export function crossValidate(of: {
  readonly folder: Folder;
  readonly rows: Rows;
  readonly candidate: Candidate;
  readonly fit: Fit;
  readonly nested: boolean;
  readonly time: TimeLimit;
}): CandidateOutcome {
  const { folder, rows, candidate, fit } = of;
  const { name, plan, seed } = folder.model;
  const repeats = repeatsOf(folder);
  const foldings = Array.from({ length: repeats }, (_, repeat) =>
    splitsOf(rows, plan.folds, seedOf(seed, repeat), folder),
  );
  const outOfFold = new Float64Array(rows.table.rows).fill(Number.NaN);
  /** The fold of the first folding that a row was held out in; −1 of none. */
  const heldIn = new Int32Array(rows.table.rows).fill(-1);
  const folds: FoldScore[] = [];
  const needed = fitsToScore(folder, of.nested);
  const timed = withinTime(`candidate '${candidate.name}'`, needed, of.time);
  const notFitted = (where: string, error: LearningError): CandidateOutcome => {
    return { schemaVersion: 1, model: name, candidate, notFitted: `${where}: ${error.message}` };
  };
  for (let index = 0; index < repeats * plan.folds; index += 1) {
    const repeat = Math.floor(index / plan.folds);
    const held = index % plan.folds;
    const split = foldings[repeat]?.[held];
    if (split === undefined) continue;
    const outside = split.held;
    // Of a window in which every group was there before, nothing can be told.
    if (outside.length === 0) continue;
    const inside = pickRows(rows, split.training);
    const heldOut = pickRows(rows, outside);
    // The first days may lack a class, and a candidate can't be fitted on one class.
    if (rows.days !== undefined && new Set(inside.labels).size < 2) continue;
    const found = refusable(() =>
      timed(() => {
        const artifact = fit(inside, candidate);
        const scores = scorer(artifact).scoreTable(heldOut.table);
        return { scores, size: sizeOf(artifact.estimator) };
      }),
    );
    if (found instanceof LearningError) {
      return notFitted(`without fold ${index + 1} of ${repeats * plan.folds}`, found);
    }
    const { scores, size } = found;
    if (repeat === 0) {
      outside.forEach((row, i) => {
        outOfFold[row] = scores[i] ?? Number.NaN;
        heldIn[row] = held;
      });
    }
    const auc = aucOf(scores, heldOut.labels);
    if (Number.isNaN(auc)) continue;
    // Once is enough: it makes three more fits a fold.
    const inner =
      of.nested && repeat === 0 ? innerScores({ ...of, rows: inside, seed, timed }) : [];
    folds.push(
      inner instanceof LearningError
        ? { fold: index, auc, size, inner: [], innerNotFitted: inner.message }
        : { fold: index, auc, size, inner },
    );
  }
  if (folds.length === 0) {
    throw new TitleholderError('DataInvalid', 'no fold of the training rows holds both classes');
  }
  const scored = rowsWhere(heldIn, (fold) => fold >= 0);
  const fitted = refusable(() =>
    lastStations(
      candidate,
      plan,
      Float64Array.from(scored, (row) => outOfFold[row] ?? Number.NaN),
      pickRows(rows, scored),
      Int32Array.from(scored, (row) => heldIn[row] ?? -1),
    ),
  );
  if (fitted instanceof LearningError) return notFitted('out-of-fold scores', fitted);
  return { schemaVersion: 1, model: name, candidate, folds, ...fitted };
}

/** How many fits a candidate's scores take, at most. */
export function fitsToScore(folder: Folder, nested: boolean): number {
  return folder.model.plan.folds * (repeatsOf(folder) + (nested ? INNER_FOLDS : 0));
}

/** The first folding's is the master seed itself: a plan without repeats folds as it always did. */
function seedOf(seed: number, repeat: number): number {
  return repeat === 0 ? seed : substream(seed, 'repeat', repeat).nextUint32();
}

/** What the engine answers, or refuses by its own error. */
function refusable<T>(call: () => T): T | LearningError {
  try {
    return call();
  } catch (error) {
    if (error instanceof LearningError) return error;
    throw error;
  }
}

/** The calibrator of a document, as the engine takes it. */
export function calibratorOf({ calibrator }: CandidateScores): Calibrator | null {
  return calibrator?.kind === 'isotonic'
    ? { kind: 'isotonic', x: Float64Array.from(calibrator.x), y: Float64Array.from(calibrator.y) }
    : calibrator;
}

/** AUC fold by fold within `rows`, without the folds that have one class alone: no candidate can be fitted there. */
function innerScores(of: {
  readonly folder: Folder;
  readonly rows: Rows;
  readonly candidate: Candidate;
  readonly fit: Fit;
  readonly seed: number;
  readonly timed: <T>(fit: () => T) => T;
}): number[] | LearningError {
  const { folder, rows, candidate, fit, seed, timed } = of;
  const most = rows.days === undefined ? new Set(rows.groups).size : new Set(rows.days).size - 1;
  const folds = Math.min(INNER_FOLDS, most);
  if (folds < 2) return [];
  const found: number[] = [];
  for (const { training, held } of splitsOf(rows, folds, seed, folder)) {
    const inside = pickRows(rows, training);
    const heldOut = pickRows(rows, held);
    if (new Set(inside.labels).size < 2 || new Set(heldOut.labels).size < 2) continue;
    const scores = refusable(() =>
      timed(() => scorer(fit(inside, candidate)).scoreTable(heldOut.table)),
    );
    // The inner fold has too few rows for this candidate, which may still be fitted on all of them.
    if (scores instanceof LearningError) return scores;
    found.push(aucOf(scores, heldOut.labels));
  }
  return found;
}

/** Other folds can be drawn by chance; by time there is one way. */
function repeatsOf({ model }: Folder): number {
  return model.split.by === 'time' ? 1 : (model.plan.repeats ?? 1);
}

/**
 * Which rows each fold is fitted on and which it holds out. Where rows have days, the folds hold out later and
 * later windows, and a group that an earlier window has is held out only where the split lets it judge.
 */
export function splitsOf(
  rows: Rows,
  folds: number,
  seed: number,
  { model: { split } }: Folder,
): readonly FoldSplit[] {
  if (rows.days !== undefined) {
    const days = new Set(rows.days).size;
    if (folds >= days) {
      throw new TitleholderError(
        'SettingsInvalid',
        `plan.folds is ${folds}, and takes one day more than that: the training rows have ${days}`,
      );
    }
    const isReturning = split.by === 'time' && split.returning === true;
    return timeOrderedSplits(rows.days, folds, isReturning ? {} : { groups: rows.groups });
  }
  const fold = foldsOf(rows, folds, seed);
  return Array.from({ length: folds }, (_, held) => ({
    training: rowsWhere(fold, (f) => f !== held),
    held: rowsWhere(fold, (f) => f === held),
  }));
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

/** Calibrator and threshold of all out-of-fold scores, and what they are worth on folds they didn't see. */
function lastStations(
  { calibration: kind = 'none' }: Candidate,
  { threshold: rule, k }: Folder['model']['plan'],
  scores: Float64Array,
  { labels }: Rows,
  fold: Int32Array,
): Pick<CandidateScores, 'calibrator' | 'threshold' | 'metrics'> {
  const probabilities = new Float64Array(scores.length);
  /** 1 where the label is the positive class. */
  const decided = new Float64Array(scores.length);
  for (const held of new Set(fold)) {
    // NaN is left out of a fit.
    const others = scores.map((score, row) => (fold[row] === held ? Number.NaN : score));
    const probabilityOf = calibrated(kind, others, labels);
    const threshold = thresholdBy(rule, others.map(probabilityOf), labels);
    fold.forEach((f, row) => {
      if (f !== held) return;
      const probability = probabilityOf(scores[row] ?? Number.NaN);
      probabilities[row] = probability;
      decided[row] = probability >= threshold ? 1 : 0;
    });
  }
  const calibrator = kind === 'none' ? null : fitCalibrator(kind, scores, labels);
  const threshold = thresholdBy(rule, probabilities, labels);
  return {
    calibrator:
      calibrator?.kind === 'isotonic'
        ? { kind: 'isotonic', x: [...calibrator.x], y: [...calibrator.y] }
        : calibrator,
    threshold,
    metrics: {
      ...metricsOf(probabilities, labels, threshold, k),
      ...labelMetrics(confusion(decided, labels, 1)),
    },
  };
}

function calibrated(
  kind: 'none' | 'sigmoid' | 'isotonic',
  scores: Float64Array,
  labels: Uint8Array,
): (score: number) => number {
  if (kind === 'none') return (score) => score;
  const calibrator = fitCalibrator(kind, scores, labels);
  return (score) => calibrate(calibrator, score);
}

function thresholdBy(rule: ThresholdRule, scores: Float64Array, labels: Uint8Array): number {
  return typeof rule === 'number' ? rule : chooseThreshold(scores, labels, rule);
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
