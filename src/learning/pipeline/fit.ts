/** Training: from a table to an artifact. */
import type { Artifact, Provenance } from './artifact.ts';
import { type Calibrator, calibrate, fitCalibrator } from './calibrate.ts';
import type { EstimatorKind } from './estimator-kind.ts';
import {
  ESTIMATOR_NAMES,
  type EstimatorName,
  type Estimator,
  estimatorKind,
} from './estimators.ts';
import { fitTransforms } from './fit-transforms.ts';
import { scorer } from './scorer.ts';
import { chooseThreshold, type ThresholdRule } from './threshold.ts';
import { checkTransformSpecs, type TransformSpec } from './transform-specs.ts';
import { applyTransforms, featureOf, type Transform } from './transforms.ts';
import { LearningError } from '#learning/errors.ts';
import { rowsWhere, stratifiedFolds, stratifiedGroupedFolds } from '#learning/folds.ts';
import { substream } from '#learning/random.ts';
import {
  refuseSetting,
  type Settings,
  settingsOf,
  wholeSetting,
  wordSetting,
} from '#learning/settings.ts';
import { checkLabels, checkTable, type Column, selectRows, type Table } from '#learning/table.ts';

export interface PipelineSpec {
  readonly name: string;
  readonly algorithm: EstimatorName;
  /** The estimator's own, and `sampleRows`: train on so many rows, drawn without replacement. */
  readonly settings: Settings;
  /** Absent: none. */
  readonly transforms?: readonly TransformSpec[] | undefined;
  /** Absent: 'none'. */
  readonly calibration?: 'none' | 'sigmoid' | 'isotonic' | undefined;
}

export interface FitInput {
  /** Feature columns of training rows only. */
  readonly table: Table;
  /** 1 for the positive class, else 0. */
  readonly labels: Uint8Array;
  readonly candidate: PipelineSpec;
  /** The run's master seed. */
  readonly seed: number;
  readonly positive: string;
  readonly thresholdRule: ThresholdRule;
  readonly trainingManifest: string;
  readonly provenance: Provenance;
  /** A group a row: rows of one group never stand on both sides of a fold. Absent: each row its own. */
  readonly groups?: Int32Array;
  /** Folds of a threshold rule or calibrator where out-of-bag won't do. Absent: 3. */
  readonly folds?: number;
}

interface CheckedCandidate {
  readonly verbs: EstimatorKind<Estimator>;
  readonly settings: unknown;
  readonly sampleRows: number | undefined;
  readonly specs: readonly TransformSpec[];
  readonly calibration: 'none' | 'sigmoid' | 'isotonic';
}

/**
 * A candidate that somebody wrote, checked in full: algorithm, settings, transforms, calibration.
 *
 * Throws `SettingsInvalid`, naming the candidate and the setting. What depends on the table (columns, how
 * many features a split may try) shows when it is fitted.
 */
export function checkCandidate(candidate: PipelineSpec): CheckedCandidate {
  return named(candidate, () => {
    const verbs =
      estimatorKind(candidate.algorithm) ??
      refuseSetting('algorithm', `is none of ${ESTIMATOR_NAMES.join(', ')}`);
    const { sampleRows, ...own } = settingsOf(candidate.settings, null);
    return {
      verbs,
      settings: verbs.check(own),
      sampleRows:
        sampleRows === undefined
          ? undefined
          : wholeSetting({ sampleRows }, 'sampleRows', [2, 2 ** 26]),
      specs: checkTransformSpecs(candidate.transforms ?? []),
      calibration: wordSetting(
        { calibration: candidate.calibration },
        'calibration',
        ['none', 'sigmoid', 'isotonic'],
        'none',
      ),
    };
  });
}

/** Puts the candidate's name before a refusal of its settings. */
function named<T>({ name }: PipelineSpec, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof LearningError) || error.name !== 'SettingsInvalid') throw error;
    throw new LearningError(error.name, `candidate '${name}': ${error.message}`, error.subject);
  }
}

/**
 * Fits transforms, estimator, calibrator and threshold on the rows given, which must not hold a holdout
 * row.
 *
 * The same input gives the same artifact, byte for byte. Calibrator and threshold are fitted on scores of
 * rows by what didn't see them: a forest's out-of-bag scores; with groups, with a selection of features,
 * with a category among the features (its levels are in an order that knows every row's label), or of
 * another estimator, those of held-out folds of the training rows (so it trains `folds` times more).
 * The threshold is chosen on calibrated scores. Throws `SettingsInvalid`, `SeedInvalid`, `TableInvalid`
 * and `OneClass`.
 */
export function fitPipeline(input: FitInput): Artifact {
  const { candidate, seed, thresholdRule } = input;
  checkTable(input.table);
  const checked = checkCandidate(candidate);
  if (!Number.isSafeInteger(seed)) {
    throw new LearningError('SeedInvalid', `a seed is a whole number, not ${seed}`, 'seed');
  }
  if (input.groups !== undefined && input.groups.length !== input.table.rows) {
    throw new LearningError('TableInvalid', 'there is not one group a row');
  }
  if (typeof thresholdRule === 'number' && !(thresholdRule >= 0 && thresholdRule <= 1)) {
    throw new LearningError('SettingsInvalid', 'a fixed threshold is from 0 to 1', 'threshold');
  }
  checkLabels(input.labels, input.table.rows);
  const rows = sampled(input, checked.sampleRows);
  const scored = checked.calibration !== 'none' || typeof thresholdRule !== 'number';
  const byOutOfBag =
    scored && rows.groups === undefined && checked.specs.every((spec) => spec.kind !== 'select');
  const fitted = named(candidate, () => fitRows(rows, checked, seed, byOutOfBag));
  const artifact: Artifact = {
    format: 'titleholder-model',
    schemaVersion: 2,
    columns: fitted.columns,
    transforms: fitted.transforms,
    estimator: fitted.estimator,
    calibrator: null,
    threshold: 0.5,
    positive: input.positive,
    trainingManifest: input.trainingManifest,
    provenance: input.provenance,
  };
  if (!scored) return { ...artifact, threshold: thresholdRule };
  const scores =
    fitted.outOfBag ??
    heldOutScores(rows, input.folds ?? 3, seed, (inside) => {
      const part = named(candidate, () => fitRows(inside, checked, seed, false));
      const { columns, transforms, estimator } = part;
      return { ...artifact, columns, transforms, estimator };
    });
  const calibrator: Calibrator | null =
    checked.calibration === 'none' ? null : fitCalibrator(checked.calibration, scores, rows.labels);
  const probabilities =
    calibrator === null ? scores : scores.map((score) => calibrate(calibrator, score));
  return {
    ...artifact,
    calibrator,
    threshold:
      typeof thresholdRule === 'number'
        ? thresholdRule
        : chooseThreshold(probabilities, rows.labels, thresholdRule),
  };
}

interface Rows {
  readonly table: Table;
  readonly labels: Uint8Array;
  readonly groups: Int32Array | undefined;
}

interface Fitted extends Pick<Artifact, 'columns' | 'estimator'> {
  readonly transforms: readonly Transform[];
  readonly outOfBag: Float64Array | null;
}

function fitRows(rows: Rows, checked: CheckedCandidate, seed: number, outOfBag: boolean): Fitted {
  const { labels, groups } = rows;
  checkLabels(labels, rows.table.rows);
  const seen = withSeenLevels(rows.table);
  const { transforms, table } = fitTransforms(seen, labels, checked.specs, groups);
  const refitOn = (inside: Int32Array): Table => {
    const part = groups === undefined ? undefined : pickWords(groups, inside);
    const picked = selectRows(seen, inside);
    const refitted = fitTransforms(picked, pickBytes(labels, inside), checked.specs, part);
    return applyTransforms(seen, refitted.transforms);
  };
  const fitted = checked.verbs.fit({
    table,
    labels,
    settings: checked.settings,
    seed,
    outOfBag: outOfBag && table.columns.every((column) => column.kind === 'numeric'),
    ...(groups === undefined ? {} : { groups }),
    ...(checked.specs.some((spec) => spec.kind === 'select') ? { refitOn } : {}),
  });
  return { columns: seen.columns.map(featureOf), transforms, ...fitted };
}

/** A level that only a held-out row has is unseen in training: it may not have an index. */
export function withSeenLevels(table: Table): Table {
  return {
    rows: table.rows,
    columns: table.columns.map((column): Column => {
      if (column.kind === 'numeric') return column;
      const seen = new Uint8Array(column.levels.length);
      for (const code of column.codes) if (code >= 0) seen[code] = 1;
      if (!seen.includes(0)) return column;
      let next = 0;
      const newCode = Int32Array.from(seen, (one) => (one === 0 ? -1 : next++));
      return {
        ...column,
        levels: column.levels.filter((_, level) => seen[level] === 1),
        codes: column.codes.map((code) => newCode[code] ?? -1),
      };
    }),
  };
}

/** One score a row, by a pipeline that was fitted on the other folds. */
function heldOutScores(
  rows: Rows,
  count: number,
  seed: number,
  fit: (inside: Rows) => Artifact,
): Float64Array {
  const { table, labels } = rows;
  const folds =
    rows.groups === undefined
      ? stratifiedFolds(labels, count, seed)
      : stratifiedGroupedFolds(labels, rows.groups, count, seed);
  const scores = new Float64Array(table.rows).fill(Number.NaN);
  for (let fold = 0; fold < count; fold += 1) {
    const inside = rowsWhere(folds, (other) => other !== fold);
    const outside = rowsWhere(folds, (other) => other === fold);
    const artifact = fit({
      table: selectRows(table, inside),
      labels: pickBytes(labels, inside),
      groups: rows.groups === undefined ? undefined : pickWords(rows.groups, inside),
    });
    const held = scorer(artifact).scoreTable(selectRows(table, outside));
    for (let i = 0; i < outside.length; i += 1) scores[outside[i] ?? 0] = held[i] ?? Number.NaN;
  }
  return scores;
}

function sampled({ table, labels, groups, seed }: FitInput, wanted: number | undefined): Rows {
  const sample = drawSample(table.rows, wanted, seed);
  if (sample === null) return { table, labels, groups };
  return {
    table: selectRows(table, sample),
    labels: pickBytes(labels, sample),
    groups: groups === undefined ? undefined : pickWords(groups, sample),
  };
}

function drawSample(rows: number, wanted: number | undefined, seed: number): Int32Array | null {
  if (wanted === undefined || wanted >= rows) return null;
  const random = substream(seed, 'sample', wanted);
  const all = new Int32Array(rows).map((_, row) => row);
  for (let i = 0; i < wanted; i += 1) {
    const j = i + random.nextInt(rows - i);
    const row = all[j] ?? 0;
    all[j] = all[i] ?? 0;
    all[i] = row;
  }
  return all.slice(0, wanted).sort();
}

function pickBytes(from: Uint8Array, rows: Int32Array): Uint8Array {
  return Uint8Array.from(rows, (row) => from[row] ?? 0);
}

function pickWords(from: Int32Array, rows: Int32Array): Int32Array {
  return Int32Array.from(rows, (row) => from[row] ?? 0);
}
