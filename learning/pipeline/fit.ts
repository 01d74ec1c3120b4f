/** Training: from a table to an artifact. */
import type { Artifact, ArtifactColumn, Estimator, Provenance, Transform } from './artifact.ts';
import { type Bins, binColumn, fitBins } from '../trees/bins.ts';
import { LearningError } from '../errors.ts';
import { groupedFolds } from '../folds.ts';
import { type ForestSettings, featuresTried, growForest } from '../trees/forest.ts';
import { checkVotingRows, growVotingForest } from '../trees/ml-random-forest.ts';
import { substream } from '../random.ts';
import { scorer } from './scorer.ts';
import { type Column, checkLabels, checkTable, selectRows, type Table } from '../table.ts';
import { chooseThreshold, type ThresholdRule } from './threshold.ts';

export interface CandidateSettings extends ForestSettings {
  /** Train on so many rows, drawn without replacement from the seed; more than there are is all. */
  readonly sampleRows?: number | undefined;
}

export interface Candidate {
  readonly name: string;
  readonly algorithm: 'forest' | 'ml-random-forest';
  readonly settings: CandidateSettings;
}

export interface FitInput {
  /** Feature columns of training rows only. */
  readonly table: Table;
  /** 1 for the positive class, else 0. */
  readonly labels: Uint8Array;
  readonly candidate: Candidate;
  /** The run's master seed. */
  readonly seed: number;
  readonly positive: string;
  readonly thresholdRule: ThresholdRule;
  readonly trainingManifest: string;
  readonly provenance: Provenance;
  /** A group a row: rows of one group never stand on both sides of a fold. Absent: each row its own. */
  readonly groups?: Int32Array;
  /** Folds of a threshold rule where out-of-bag won't do. Absent: 3. */
  readonly folds?: number;
}

const SETTINGS = ['trees', 'maxDepth', 'minLeaf', 'featuresPerSplit', 'sampleRows'];

/** Refuses settings that no training can honour: throws `SettingsInvalid`, naming the setting. */
export function checkCandidate(candidate: Candidate, features: number): void {
  const { settings } = candidate;
  const refuse = (setting: string, what: string): never => {
    throw new LearningError(
      'SettingsInvalid',
      `candidate '${candidate.name}': ${setting} ${what}`,
      setting,
    );
  };
  const algorithm: string = candidate.algorithm;
  if (algorithm !== 'forest' && algorithm !== 'ml-random-forest') {
    refuse('algorithm', "is neither 'forest' nor 'ml-random-forest'");
  }
  for (const setting of Object.keys(settings)) {
    if (!SETTINGS.includes(setting)) refuse(setting, 'is unknown');
  }
  const whole = (setting: string, value: number, low: number, high: number): void => {
    if (!(Number.isInteger(value) && value >= low && value <= high)) {
      refuse(setting, `is a whole number from ${low} to ${high}, not ${String(value)}`);
    }
  };
  whole('trees', settings.trees, 1, 1000);
  whole('maxDepth', settings.maxDepth, 1, 40);
  whole('minLeaf', settings.minLeaf, 1, 1_000_000);
  if (settings.sampleRows !== undefined) whole('sampleRows', settings.sampleRows, 2, 2 ** 26);
  featuresTried(settings.featuresPerSplit, features);
}

/**
 * Fits transforms, estimator and threshold on the rows given, which must not hold a holdout row.
 *
 * The same input gives the same artifact, byte for byte. A threshold rule looks at out-of-bag scores of a
 * forest; with groups, or with `ml-random-forest`, at scores of held-out folds of the training rows (so
 * it trains `folds` times more). Throws `SettingsInvalid`, `TableInvalid` and `OneClass`.
 */
export function fitPipeline(input: FitInput): Artifact {
  const { candidate, seed, thresholdRule } = input;
  checkTable(input.table);
  checkCandidate(candidate, input.table.columns.length);
  if (input.groups !== undefined && input.groups.length !== input.table.rows) {
    throw new LearningError('TableInvalid', 'there is not one group a row');
  }
  if (typeof thresholdRule === 'number' && !(thresholdRule >= 0 && thresholdRule <= 1)) {
    throw new LearningError('SettingsInvalid', 'a fixed threshold is from 0 to 1', 'threshold');
  }
  checkLabels(input.labels, input.table.rows);
  const sample = drawSample(input.table.rows, candidate.settings.sampleRows, seed);
  const table = sample === null ? input.table : selectRows(input.table, sample);
  const labels = sample === null ? input.labels : pickBytes(input.labels, sample);
  const groups =
    input.groups === undefined || sample === null ? input.groups : pickWords(input.groups, sample);
  checkLabels(labels, table.rows);

  const byOutOfBag =
    typeof thresholdRule !== 'number' && candidate.algorithm === 'forest' && groups === undefined;
  const fitted = fitEstimator(table, labels, candidate, seed, byOutOfBag);
  const pipeline = (threshold: number, parts: Fitted): Artifact => ({
    format: 'titleholder-model',
    schemaVersion: 1,
    columns: table.columns.map(columnOf),
    transforms: parts.transforms,
    estimator: parts.estimator,
    calibrator: null,
    threshold,
    positive: input.positive,
    trainingManifest: input.trainingManifest,
    provenance: input.provenance,
  });
  if (typeof thresholdRule === 'number') return pipeline(thresholdRule, fitted);
  let scores = fitted.outOfBag;
  if (scores === null) {
    scores = new Float64Array(table.rows).fill(Number.NaN);
    const folds = groupedFolds(
      groups ?? new Int32Array(table.rows).map((_, row) => row),
      input.folds ?? 3,
      seed,
    );
    for (let fold = 0; fold < (input.folds ?? 3); fold += 1) {
      const inside = rowsWhere(folds, (other) => other !== fold);
      const outside = rowsWhere(folds, (other) => other === fold);
      const parts = selectRows(table, inside);
      const insideLabels = pickBytes(labels, inside);
      checkLabels(insideLabels, inside.length);
      const part = fitEstimator(parts, insideLabels, candidate, seed, false);
      const held = scorer(pipeline(0.5, part)).scoreTable(selectRows(table, outside));
      for (let i = 0; i < outside.length; i += 1) scores[outside[i] ?? 0] = held[i] ?? Number.NaN;
    }
  }
  return pipeline(chooseThreshold(scores, labels, thresholdRule), fitted);
}

interface Fitted {
  readonly transforms: readonly Transform[];
  readonly estimator: Estimator;
  readonly outOfBag: Float64Array | null;
}

function fitEstimator(
  table: Table,
  labels: Uint8Array,
  candidate: Candidate,
  seed: number,
  outOfBag: boolean,
): Fitted {
  const { settings } = candidate;
  switch (candidate.algorithm) {
    case 'forest': {
      const bins = table.columns.map((column) => fitBins(column, labels));
      const grown = growForest({
        bins: table.columns.map((column, i) => binColumn(column, bins[i] ?? NO_BINS)),
        labels,
        settings,
        seed,
        outOfBag,
      });
      return {
        transforms: table.columns.map((column, i) => binTransform(column.name, bins[i] ?? NO_BINS)),
        estimator: { kind: 'forest', ...grown.forest },
        outOfBag: grown.outOfBag,
      };
    }
    case 'ml-random-forest': {
      // Before the rows are copied into the library's own form.
      checkVotingRows(table.rows);
      const transforms = table.columns.map(imputation);
      const matrix = Array.from({ length: table.rows }, (_, row) =>
        table.columns.map((column, i) => {
          const cell = column.kind === 'numeric' ? column.values[row] : column.codes[row];
          const absent =
            cell === undefined || Number.isNaN(cell) || (column.kind === 'categorical' && cell < 0);
          return absent ? (transforms[i]?.value ?? 0) : cell;
        }),
      );
      return {
        transforms,
        estimator: {
          kind: 'ml-random-forest',
          ...growVotingForest(matrix, labels, settings, seed),
        },
        outOfBag: null,
      };
    }
  }
}

const NO_BINS: Bins = { kind: 'numeric', edges: new Float64Array(0) };

/** A column's name and kind, and its levels, as an artifact keeps them. */
export function columnOf(column: Column): ArtifactColumn {
  return column.kind === 'numeric'
    ? { name: column.name, kind: 'numeric' }
    : { name: column.name, kind: 'categorical', levels: column.levels };
}

/** Fitted bins as a transform of an artifact. */
export function binTransform(column: string, bins: Bins): Transform {
  return bins.kind === 'numeric'
    ? { kind: 'bin', column, edges: bins.edges }
    : { kind: 'order', column, binOfLevel: bins.binOfLevel };
}

function imputation(column: Column): Extract<Transform, { value: number }> {
  const present =
    column.kind === 'numeric'
      ? column.values.filter((value) => !Number.isNaN(value)).sort()
      : Float64Array.from(column.codes.filter((code) => code >= 0)).sort();
  // The lower median: always a value that was there, so an index stays an index.
  const value = present[(present.length - 1) >> 1] ?? 0;
  return { kind: column.kind === 'numeric' ? 'impute' : 'ordinal', column: column.name, value };
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

function rowsWhere(folds: Int32Array, wanted: (fold: number) => boolean): Int32Array {
  return new Int32Array(folds.length).map((_, row) => row).filter((row) => wanted(folds[row] ?? 0));
}

function pickBytes(from: Uint8Array, rows: Int32Array): Uint8Array {
  return Uint8Array.from(rows, (row) => from[row] ?? 0);
}

function pickWords(from: Int32Array, rows: Int32Array): Int32Array {
  return Int32Array.from(rows, (row) => from[row] ?? 0);
}
