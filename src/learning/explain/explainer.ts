/** What each feature adds to a row's score: exact Shapley values of whatever estimator a model has. */
import { type ExplainedTrees } from './laid-out.ts';
import { treeShap } from './tree-shap.ts';
import { LearningError } from '#learning/errors.ts';
import type { Logistic } from '#learning/linear/logistic.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { MISSING_LEVEL, type Reader } from '#learning/pipeline/estimator-kind.ts';
import type { Estimator } from '#learning/pipeline/estimators.ts';
import { columnReader } from '#learning/pipeline/scorer.ts';
import { applyTransforms, featuresAfter } from '#learning/pipeline/transforms.ts';
import type { Column, Table } from '#learning/table.ts';
import { type ForestEstimator, leafProbabilities } from '#learning/trees/forest-estimator.ts';
import { binTable, type TreesOverBins } from '#learning/trees/tree-estimator.ts';

export interface Explainer {
  /** What base and parts are measured in: a forest's score before calibration, else log odds of the score. */
  readonly unit: 'probability' | 'log odds';
  /** What is expected of a row of which nothing is known. */
  readonly base: number;
  /**
   * Each feature's part of each row's score: rows × features numbers, row by row; `base` and a row's parts
   * add to the score within rounding. `features` are those behind the transforms, in the estimator's order.
   *
   * Throws `TableInvalid` for another number, kind or length of features, and `RowInvalid` for a number
   * that a logistic regression can't add.
   */
  readonly explain: (features: Table) => Float64Array;
}

/** Boosted trees as they are explained: the log odds are `base` + Σ `value` of the leaves that a row comes to. */
export interface BoostedTrees extends TreesOverBins {
  readonly kind: 'boosting';
  readonly value: Float64Array;
  readonly base: number;
}

export interface ModelExplainer extends Omit<Explainer, 'explain'> {
  /** Names of the features behind the transforms: the parts' order. */
  readonly features: readonly string[];
  /** As `Explainer.explain`, of rows as the scorer takes them. Throws `RowInvalid` naming the column. */
  readonly explain: (table: Table) => Float64Array;
}

/**
 * Explains an estimator's score, exactly.
 *
 * Trees: path-dependent TreeSHAP, weighted by the training rows as `shap` does for scikit-learn: in a forest
 * a leaf weighs its bootstrap draws by their class weights, in boosting its training rows. Logistic
 * regression: each part is the term that the feature adds less that term's mean over `background`, features
 * taken as independent (linear SHAP; Štrumbelj and Kononenko 2014, Lundberg and Lee 2017). Without a
 * background a number is compared with its training mean, a level or a gap with adding nothing.
 *
 * Throws `ArtifactInvalid` for `ml-random-forest`, whose trees don't say how many rows went where.
 */
export function explainer(estimator: Estimator | BoostedTrees, background?: Table): Explainer {
  switch (estimator.kind) {
    case 'forest':
      return overTrees(estimator, forestTrees(estimator), 'probability', 0);
    case 'boosting':
      return overTrees(estimator, boostedTrees(estimator), 'log odds', estimator.base);
    case 'logistic':
      return overTerms(estimator, background);
    case 'ml-random-forest':
      throw new LearningError(
        'ArtifactInvalid',
        'an ml-random-forest has no covers, without which its trees cannot be explained',
      );
  }
}

/** Explains a model's score for rows as they come, before calibration; throws what `explainer` throws. */
export function modelExplainer(artifact: Artifact, background?: Table): ModelExplainer {
  const behind = (table: Table): Table => modelFeatures(artifact, table);
  const { unit, base, explain } = explainer(
    artifact.estimator,
    background === undefined ? undefined : behind(background),
  );
  return {
    unit,
    base,
    features: featuresAfter(artifact.columns, artifact.transforms).map(({ name }) => name),
    explain: (table) => explain(behind(table)),
  };
}

/**
 * Mean absolute part of each feature over the rows, the usual measure of a feature's weight in a model.
 *
 * `parts` is rows × `features` numbers; 0 for every feature where there is no row.
 */
export function meanMagnitudes(parts: Float64Array, features: number): Float64Array {
  const means = new Float64Array(features);
  const rows = parts.length / features;
  for (let i = 0; i < parts.length; i += 1) {
    means[i % features] = (means[i % features] ?? 0) + Math.abs(parts[i] ?? 0);
  }
  return rows === 0 ? means : means.map((sum) => sum / rows);
}

function forestTrees(estimator: ForestEstimator): ExplainedTrees {
  const { inputs, trees, split, bin, cover, positives, classWeights } = estimator;
  const [w0, w1] = classWeights;
  return {
    trees,
    features: inputs.length,
    split,
    bin,
    weight: Float64Array.from(cover, (draws, leaf) => {
      const up = positives[leaf] ?? 0;
      return w1 * up + w0 * (draws - up);
    }),
    value: leafProbabilities(estimator).map((probability) => probability / trees),
  };
}

function boostedTrees({ inputs, trees, split, bin, cover, value }: BoostedTrees): ExplainedTrees {
  return { trees, features: inputs.length, split, bin, weight: Float64Array.from(cover), value };
}

function overTrees(
  { inputs }: TreesOverBins,
  trees: ExplainedTrees,
  unit: Explainer['unit'],
  start: number,
): Explainer {
  const { base, explain } = treeShap(trees);
  const kinds = inputs.map((input) => (input.kind === 'bin' ? 'numeric' : 'categorical'));
  return {
    unit,
    base: start + base,
    explain(features) {
      checkFeatures(features, kinds);
      return explain(binTable(features, inputs), features.rows);
    },
  };
}

function overTerms({ inputs, intercept }: Logistic, background: Table | undefined): Explainer {
  const kinds = inputs.map((input) => (input.kind === 'standard' ? 'numeric' : 'categorical'));
  const width = inputs.length;
  const termsOf = (features: Table): Float64Array => {
    checkFeatures(features, kinds);
    const terms = new Float64Array(features.rows * width);
    features.columns.forEach((column, f) => {
      const term = termReader(column, inputs[f]);
      for (let row = 0; row < features.rows; row += 1) {
        const added = term(row);
        if (!Number.isFinite(added)) {
          throw new LearningError(
            'RowInvalid',
            `row ${row} has a number too large to be explained`,
            column.name,
          );
        }
        terms[row * width + f] = added;
      }
    });
    return terms;
  };
  const means = new Float64Array(width);
  if (background !== undefined && background.rows > 0) {
    termsOf(background).forEach((term, i) => {
      means[i % width] = (means[i % width] ?? 0) + term / background.rows;
    });
  }
  return {
    unit: 'log odds',
    base: means.reduce((sum, mean) => sum + mean, intercept),
    explain: (features) => termsOf(features).map((term, i) => term - (means[i % width] ?? 0)),
  };
}

/** What a row's cell adds to the sum, as the scorer has it. */
function termReader(
  column: Column,
  input: Logistic['inputs'][number] | undefined,
): (row: number) => number {
  if (column.kind === 'numeric' && input?.kind === 'standard') {
    return (row) => {
      const value = column.values[row] ?? Number.NaN;
      return Number.isNaN(value)
        ? input.missing
        : ((value - input.mean) / input.scale) * input.coefficient;
    };
  }
  if (column.kind === 'categorical' && input?.kind === 'levels') {
    return (row) => {
      const code = column.codes[row] ?? MISSING_LEVEL;
      return input.coefficients[code] ?? (code === MISSING_LEVEL ? input.missing : input.unseen);
    };
  }
  return () => 0;
}

function checkFeatures(features: Table, kinds: readonly Column['kind'][]): void {
  if (features.columns.length !== kinds.length) {
    throw new LearningError(
      'TableInvalid',
      `${features.columns.length} features where the estimator has ${kinds.length}`,
    );
  }
  features.columns.forEach((column, f) => {
    const { name, kind } = column;
    const cells = column.kind === 'numeric' ? column.values : column.codes;
    if (cells.length !== features.rows) {
      throw new LearningError(
        'TableInvalid',
        `feature '${name}' has ${cells.length} rows where the table has ${features.rows}`,
        name,
      );
    }
    if (kind !== kinds[f]) {
      throw new LearningError(
        'TableInvalid',
        `feature '${name}' is ${kind} where the estimator has it ${kinds[f] ?? ''}`,
        name,
      );
    }
  });
}

/** The features that a model makes of rows, as its estimator gets them when it scores. */
export function modelFeatures(artifact: Artifact, table: Table): Table {
  const { columns, transforms, read = null } = artifact;
  const found = columns.map(
    (column): Column =>
      column.kind === 'numeric'
        ? { ...column, values: new Float64Array(table.rows) }
        : { ...column, codes: new Int32Array(table.rows) },
  );
  const keep: Reader = {
    setNumber(row, i, value) {
      const column = found[i];
      if (column?.kind === 'numeric') column.values[row] = value;
    },
    setLevel(row, i, code) {
      const column = found[i];
      if (column?.kind === 'categorical') column.codes[row] = code;
    },
    score: () => undefined,
  };
  columns.forEach((column, i) => {
    columnReader(column, i, table, keep, read)(0, table.rows);
  });
  return applyTransforms({ rows: table.rows, columns: found }, transforms);
}
