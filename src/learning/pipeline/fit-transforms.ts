/** Fits a folder's transforms on training rows. */
import { mutualInformation } from './mutual-information.ts';
import type { TransformSpec } from './transform-specs.ts';
import {
  applyTransforms,
  featureOf,
  featuresAfter,
  type RefuseTransform,
  type Transform,
} from './transforms.ts';
import { LearningError } from '#learning/errors.ts';
import {
  type CategoricalColumn,
  type Column,
  MOST_FEATURES,
  type NumericColumn,
  type Table,
} from '#learning/table.ts';

export interface FittedTransforms {
  readonly transforms: readonly Transform[];
  /** The training rows behind them. */
  readonly table: Table;
}

/** Numbers that one-hot columns may take in training: 512 MB. */
const MOST_CELLS = 2 ** 26;

/**
 * Fits specs one after another, each on what the ones before it made of the training rows.
 *
 * `labels` (0 or 1 a row) and `groups` (rows that belong together) are looked at by `select` only. Throws `SettingsInvalid`, naming the column: one
 * that isn't there or is of the wrong kind for what is asked, a name that is already taken, one-hot
 * columns beyond memory.
 */
export function fitTransforms(
  table: Table,
  labels: Uint8Array,
  specs: readonly TransformSpec[],
  groups?: Int32Array,
): FittedTransforms {
  const transforms: Transform[] = [];
  let made = table;
  specs.forEach((spec, i) => {
    const refuse: RefuseTransform = (subject, what) => {
      throw new LearningError(
        'SettingsInvalid',
        `transforms[${i}] (${spec.kind}): column '${subject}' ${what}`,
        subject,
      );
    };
    const fitted = fitSpec(made, labels, groups, spec, refuse);
    const features = featuresAfter(made.columns.map(featureOf), fitted, refuse).length;
    const grown = features - made.columns.length;
    if (grown > 0 && grown * made.rows > MOST_CELLS) {
      throw new LearningError(
        'SettingsInvalid',
        `transforms[${i}] (${spec.kind}) makes ${grown} columns of ${made.rows} rows: more than ${MOST_CELLS} cells`,
        'transforms',
      );
    }
    made = applyTransforms(made, fitted);
    transforms.push(...fitted);
  });
  return { transforms, table: made };
}

function fitSpec(
  table: Table,
  labels: Uint8Array,
  groups: Int32Array | undefined,
  spec: TransformSpec,
  refuse: RefuseTransform,
): readonly Transform[] {
  switch (spec.kind) {
    case 'impute':
      return spec.with === 'most-frequent'
        ? chosen(table, spec.columns, refuse).flatMap(mostFrequent)
        : numeric(chosen(table, spec.columns, refuse), spec.columns, refuse).map((column) => ({
            kind: 'impute',
            feature: column.name,
            value: spec.with === 'median' ? medianOf(column) : meanOf(column, refuse),
          }));
    case 'encode':
      return categorical(chosen(table, spec.columns, refuse), spec.columns, refuse).map((column) =>
        encode(column, spec.as, refuse),
      );
    case 'interact':
      return spec.pairs.map(([left, right]) => interact(table, left, right, spec.as, refuse));
    case 'select':
      return [select(table, labels, groups, spec.best)];
  }
}

function named(table: Table, name: string, refuse: RefuseTransform): Column {
  return table.columns.find((column) => column.name === name) ?? refuse(name, 'is not there');
}

function chosen(
  table: Table,
  names: readonly string[] | undefined,
  refuse: RefuseTransform,
): readonly Column[] {
  if (names === undefined) return table.columns;
  if (new Set(names).size !== names.length) {
    refuse(names.find((name, i) => names.indexOf(name) !== i) ?? '', 'is named twice');
  }
  return names.map((name) => named(table, name, refuse));
}

/** The numeric ones of all columns; of columns that somebody named, each has to be. */
function numeric(
  columns: readonly Column[],
  names: readonly string[] | undefined,
  refuse: RefuseTransform,
): readonly NumericColumn[] {
  return columns.flatMap((column) => {
    if (column.kind === 'numeric') return [column];
    return names === undefined ? [] : refuse(column.name, 'is not numeric');
  });
}

function categorical(
  columns: readonly Column[],
  names: readonly string[] | undefined,
  refuse: RefuseTransform,
): readonly CategoricalColumn[] {
  return columns.flatMap((column) => {
    if (column.kind === 'categorical') return [column];
    return names === undefined ? [] : refuse(column.name, 'is not categorical');
  });
}

function medianOf({ values }: NumericColumn): number {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  // Of a column without any value nothing is known: 0, as of a constant one.
  const low = present[(present.length - 1) >> 1] ?? 0;
  const high = present[present.length >> 1] ?? 0;
  return low === high ? low : low / 2 + high / 2;
}

function meanOf({ name, values }: NumericColumn, refuse: RefuseTransform): number {
  let sum = 0;
  let n = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    n += 1;
  }
  const mean = n === 0 ? 0 : sum / n;
  return Number.isFinite(mean) ? mean : refuse(name, 'has numbers too large for a mean');
}

/** The smallest of the most frequent values; nothing for a categorical column without any level. */
function mostFrequent(column: Column): readonly Transform[] {
  if (column.kind === 'categorical') {
    const counts = countLevels(column);
    const most = counts.reduce((best, n, level) => (n > (counts[best] ?? 0) ? level : best), 0);
    return counts.length === 0 ? [] : [{ kind: 'impute', feature: column.name, value: most }];
  }
  const present = column.values.filter((value) => !Number.isNaN(value)).sort();
  let best = 0;
  let most = 0;
  for (let i = 0; i < present.length; ) {
    let end = i + 1;
    while (end < present.length && present[end] === present[i]) end += 1;
    if (end - i > most) {
      most = end - i;
      best = present[i] ?? 0;
    }
    i = end;
  }
  return [{ kind: 'impute', feature: column.name, value: best }];
}

function countLevels({ codes, levels }: CategoricalColumn): Float64Array {
  const counts = new Float64Array(levels.length);
  for (const code of codes) if (code >= 0) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function encode(
  column: CategoricalColumn,
  as: 'one-hot' | 'ordinal' | 'frequency',
  refuse: RefuseTransform,
): Transform {
  const feature = column.name;
  switch (as) {
    case 'ordinal':
      return { kind: 'ordinal', feature };
    case 'frequency':
      return {
        kind: 'frequency',
        feature,
        shares: countLevels(column).map((n) => n / column.codes.length),
      };
    case 'one-hot': {
      const counts = countLevels(column);
      const levels = column.levels.filter((_, level) => (counts[level] ?? 0) > 0);
      if (levels.length >= MOST_FEATURES) {
        refuse(feature, `has ${levels.length} levels: too many for one-hot`);
      }
      return { kind: 'oneHot', feature, levels, missing: column.codes.includes(-1) };
    }
  }
}

function interact(
  table: Table,
  left: string,
  right: string,
  as: 'product' | 'ratio' | 'cross',
  refuse: RefuseTransform,
): Transform {
  const a = named(table, left, refuse);
  const b = named(table, right, refuse);
  // Their kinds are looked at where the transform is followed through, except for what is read here.
  if (as !== 'cross') return { kind: as, left, right };
  if (a.kind === 'numeric') return refuse(left, 'is not categorical');
  if (b.kind === 'numeric') return refuse(right, 'is not categorical');
  if (a.levels.length * b.levels.length > 2 ** 32)
    refuse(left, 'has too many levels to be crossed');
  const seen = new Set<number>();
  a.codes.forEach((code, row) => {
    const other = b.codes[row] ?? -1;
    if (code >= 0 && other >= 0) seen.add(code * b.levels.length + other);
  });
  const pairs = Uint32Array.from(seen).sort();
  const names = new Set<string>();
  for (const pair of pairs) {
    names.add(
      `${a.levels[Math.floor(pair / b.levels.length)]}×${b.levels[pair % b.levels.length]}`,
    );
  }
  if (names.size !== pairs.length) refuse(left, 'has levels that would not be told apart');
  return { kind: 'cross', left, right, pairs };
}

/** The features of the highest scores, the earlier of equal ones. */
function select(
  table: Table,
  labels: Uint8Array,
  groups: Int32Array | undefined,
  best: number,
): Transform {
  const scores = Float64Array.from(table.columns, (column) =>
    mutualInformation(column, labels, groups),
  );
  const order = scores.map((_, i) => i);
  order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const kept = new Set(order.subarray(0, best));
  return {
    kind: 'select',
    features: table.columns.filter((_, i) => kept.has(i)).map((column) => column.name),
    scores,
  };
}
