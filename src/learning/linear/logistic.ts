/** Logistic regression: a weighted sum of standardised numbers and of one coefficient a level. */
import { LearningError } from '#learning/errors.ts';
import {
  BLOCK,
  type EstimatorKind,
  type Feature,
  MISSING_LEVEL,
  type Reader,
} from '#learning/pipeline/estimator-kind.ts';
import {
  doublesOf,
  fieldsOf,
  finiteOf,
  kindOf,
  listPerFeature,
  packArray,
  refusePart,
} from '#learning/pipeline/packed.ts';
import { numberSetting, settingsOf } from '#learning/settings.ts';
import { checkLabels, checkTable, type Column, type Table } from '#learning/table.ts';
import { type Block, minimise } from './newton.ts';

export interface LogisticSettings {
  /** Half of this times the squared coefficients is added to the loss (1/C of scikit-learn); 1. */
  readonly l2: number;
  /** balanced: each class weighs the same in sum; a number: what a row of the positive class weighs; 1. */
  readonly classWeight: number | 'balanced';
}

/** How one feature enters the sum. */
export type LogisticInput =
  /** (value − mean) / scale · coefficient; missing adds `missing` instead. */
  | {
      readonly kind: 'standard';
      readonly mean: number;
      readonly scale: number;
      readonly coefficient: number;
      readonly missing: number;
    }
  /** The level's coefficient; missing and unseen in training have their own. */
  | {
      readonly kind: 'levels';
      readonly coefficients: Float64Array;
      readonly missing: number;
      readonly unseen: number;
    };

/** The score is the logistic function of the intercept and all inputs' parts, added in their order. */
export interface Logistic {
  readonly kind: 'logistic';
  readonly inputs: readonly LogisticInput[];
  readonly intercept: number;
}

/** Settings in full. Throws `SettingsInvalid`, naming the setting. */
export function checkLogisticSettings(value: unknown): LogisticSettings {
  const settings = settingsOf(value, ['l2', 'classWeight']);
  return {
    l2: numberSetting(settings, 'l2', [1e-12, 1e12], 1),
    classWeight:
      settings['classWeight'] === 'balanced'
        ? 'balanced'
        : numberSetting(settings, 'classWeight', [1e-12, 1e12], 1),
  };
}

/**
 * Fits the coefficients that minimise log loss plus the L2 penalty; the intercept isn't penalised.
 *
 * A number is standardised by its training mean and standard deviation (population), a level has its own
 * 0 or 1, and so has a missing cell of either kind; a level unseen in training adds 0. The optimum is that
 * of scikit-learn's `LogisticRegression(C=1/l2)` on the same design, and needs no seed. Levels
 * stay sparse. Throws `TableInvalid`, `OneClass`, and `SettingsInvalid` where `l2` is too small to find a
 * minimum.
 */
export function fitLogistic(
  features: Table,
  labels: Uint8Array,
  settings: LogisticSettings,
): Logistic {
  checkTable(features);
  checkLabels(labels, features.rows);
  const { rows } = features;
  let positives = 0;
  for (const label of labels) positives += label;
  const classWeights: readonly [number, number] =
    settings.classWeight === 'balanced'
      ? [rows / (2 * (rows - positives)), rows / (2 * positives)]
      : [1, settings.classWeight];

  const scales = features.columns.map(scaleOf);
  const blocks = features.columns.map((column, i) => blockOf(column, scales[i] ?? UNSCALED));
  const { coefficients, intercept } = minimise({ rows, blocks }, labels, classWeights, settings.l2);

  let at = 0;
  const inputs = features.columns.map((column, i): LogisticInput => {
    const from = at;
    if (column.kind === 'numeric') {
      at += 2;
      const [coefficient = 0, missing = 0] = coefficients.subarray(from, at);
      return { kind: 'standard', ...(scales[i] ?? UNSCALED), coefficient, missing };
    }
    const levels = column.levels.length;
    at += levels + 1;
    return {
      kind: 'levels',
      coefficients: coefficients.slice(from, from + levels),
      missing: coefficients[from + levels] ?? 0,
      unseen: 0,
    };
  });
  return { kind: 'logistic', inputs, intercept };
}

interface Scale {
  readonly mean: number;
  readonly scale: number;
}

const UNSCALED: Scale = { mean: 0, scale: 1 };

function scaleOf(column: Column): Scale {
  if (column.kind === 'categorical') return UNSCALED;
  let n = 0;
  let sum = 0;
  let highest = 0;
  for (const value of column.values) {
    if (Number.isNaN(value)) continue;
    n += 1;
    sum += value;
    highest = Math.max(highest, Math.abs(value));
  }
  if (n === 0) return UNSCALED;
  const mean = sum / n;
  let squares = 0;
  for (const value of column.values) {
    if (!Number.isNaN(value)) squares += (value - mean) * (value - mean);
  }
  const scale = Math.sqrt(squares / n);
  if (!(scale < Infinity)) {
    throw new LearningError(
      'TableInvalid',
      `column '${column.name}' has numbers too large to be standardised`,
      column.name,
    );
  }
  // A spread this small is the rounding of equal values (scikit-learn's StandardScaler has the same idea).
  return scale > 1e-14 * highest ? { mean, scale } : { mean, scale: 1 };
}

function blockOf(column: Column, { mean, scale }: Scale): Block {
  if (column.kind === 'categorical') {
    const missing = column.levels.length;
    return {
      kind: 'one-hot',
      width: missing + 1,
      codes: column.codes.map((code) => (code < 0 ? missing : code)),
    };
  }
  const gaps: number[] = [];
  const values = column.values.map((value, row) => {
    if (!Number.isNaN(value)) return (value - mean) / scale;
    gaps.push(row);
    return 0;
  });
  return { kind: 'number', width: 2, values, gaps: Int32Array.from(gaps) };
}

function packLogistic({ kind, inputs, intercept }: Logistic): object {
  return {
    kind,
    intercept,
    inputs: inputs.map((input) =>
      input.kind === 'standard' ? input : { ...input, coefficients: packArray(input.coefficients) },
    ),
  };
}

function unpackLogistic(value: unknown, features: readonly Feature[]): Logistic {
  const part = 'estimator';
  const written = fieldsOf(value, part, ['kind', 'inputs', 'intercept']);
  if (written['kind'] !== 'logistic') return refusePart(part, 'is of another kind');
  const list = listPerFeature(written['inputs'], 'estimator.inputs', features.length);
  return {
    kind: 'logistic',
    inputs: features.map((feature, i) => unpackInput(list[i], feature)),
    intercept: finiteOf(written['intercept'], 'estimator.intercept'),
  };
}

function unpackInput(value: unknown, feature: Feature): LogisticInput {
  const part = `estimator's input of '${feature.name}'`;
  const kind = kindOf(value, part);
  if (kind === 'standard' && feature.kind === 'numeric') {
    const written = fieldsOf(value, part, ['kind', 'mean', 'scale', 'coefficient', 'missing']);
    const scale = finiteOf(written['scale'], part);
    if (!(scale > 0)) refusePart(part, 'has a scale that is not above 0');
    return {
      kind,
      mean: finiteOf(written['mean'], part),
      scale,
      coefficient: finiteOf(written['coefficient'], part),
      missing: finiteOf(written['missing'], part),
    };
  }
  if (kind === 'levels' && feature.kind === 'categorical') {
    const written = fieldsOf(value, part, ['kind', 'coefficients', 'missing', 'unseen']);
    const coefficients = doublesOf(written['coefficients'], part);
    if (coefficients.length !== feature.levels.length)
      refusePart(part, 'has not one entry a level');
    return {
      kind,
      coefficients,
      missing: finiteOf(written['missing'], part),
      unseen: finiteOf(written['unseen'], part),
    };
  }
  return refusePart(part, `is of a kind that doesn't fit a ${feature.kind} feature`);
}

function logisticReader({ inputs, intercept }: Logistic): Reader {
  const width = inputs.length;
  const terms = new Float64Array(BLOCK * width);
  return {
    setNumber(row, feature, value) {
      const input = inputs[feature];
      if (input?.kind !== 'standard') return;
      terms[row * width + feature] = Number.isNaN(value)
        ? input.missing
        : ((value - input.mean) / input.scale) * input.coefficient;
    },
    setLevel(row, feature, code) {
      const input = inputs[feature];
      if (input?.kind !== 'levels') return;
      terms[row * width + feature] =
        input.coefficients[code] ?? (code === MISSING_LEVEL ? input.missing : input.unseen);
    },
    score(rows, out, at) {
      for (let row = 0; row < rows; row += 1) {
        let sum = intercept;
        for (let i = row * width; i < (row + 1) * width; i += 1) sum += terms[i] ?? 0;
        // Numbers near the largest double, standardised, may add up to ∞ − ∞.
        if (Number.isNaN(sum)) {
          throw new LearningError(
            'RowInvalid',
            `row ${at + row} has numbers too large to be scored`,
          );
        }
        out[at + row] = 1 / (1 + Math.exp(-sum));
      }
    },
  };
}

export const logistic: EstimatorKind<Logistic, LogisticSettings> = {
  kind: 'logistic',
  check: checkLogisticSettings,
  fit: ({ table, labels, settings }) => ({
    estimator: fitLogistic(table, labels, settings),
    outOfBag: null,
  }),
  pack: packLogistic,
  unpack: unpackLogistic,
  reader: logisticReader,
};
