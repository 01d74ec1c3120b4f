/** Which rows are held out together. */
import { LearningError } from './errors.ts';
import { substream } from './random.ts';

/**
 * The fold (0 to folds − 1) of each row: rows of one group share it, and folds get near-equal numbers of groups.
 *
 * `groups` holds any whole number a row. Throws `SettingsInvalid` for fewer than 2 folds or fewer groups
 * than folds.
 */
export function groupedFolds(groups: Int32Array, folds: number, seed: number): Int32Array {
  const names = shuffled([...new Set(groups)], seed, folds);
  checkFolds(folds, names.length, 'groups');
  const foldOf = new Map(names.map((name, i) => [name, i % folds]));
  return groups.map((group) => foldOf.get(group) ?? 0);
}

/**
 * The fold (0 to folds − 1) of each row: every fold gets its share of either class, to within one row.
 *
 * `labels` are 0 or 1. Throws `SettingsInvalid` for fewer than 2 folds, or more than a class has rows.
 */
export function stratifiedFolds(labels: Uint8Array, folds: number, seed: number): Int32Array {
  const order = shuffled([...labels.keys()], seed, folds);
  const out = new Int32Array(labels.length);
  let next = 0;
  for (const label of [0, 1]) {
    const rows = order.filter((row) => labels[row] === label);
    checkFolds(folds, rows.length, `rows of class ${label}`);
    // The second class goes on where the first one ended, so that folds differ by one row in all.
    for (const row of rows) {
      out[row] = next % folds;
      next += 1;
    }
  }
  return out;
}

/**
 * The fold (0 to folds − 1) of each row: rows of one group share it, and folds get like shares of either class.
 *
 * Greedy, as scikit-learn's `StratifiedGroupKFold`: groups whose classes are most out of balance go first,
 * each to the fold that keeps the classes' counts over folds nearest to each other; ties go to the fold
 * with fewer rows. Throws `SettingsInvalid` for fewer than 2 folds, or more than there are groups with
 * rows of a class.
 */
export function stratifiedGroupedFolds(
  labels: Uint8Array,
  groups: Int32Array,
  folds: number,
  seed: number,
): Int32Array {
  checkRows(groups, labels.length);
  const counts = new Map<number, [number, number]>();
  const totals: [number, number] = [0, 0];
  groups.forEach((group, row) => {
    const label = labels[row] === 1 ? 1 : 0;
    const known = counts.get(group);
    if (known === undefined) counts.set(group, label === 1 ? [0, 1] : [1, 0]);
    else known[label] += 1;
    totals[label] += 1;
  });
  const order = shuffled([...counts], seed, folds);
  for (const label of [0, 1] as const) {
    const holding = order.filter(([, count]) => count[label] > 0).length;
    checkFolds(folds, holding, `groups with rows of class ${label}`);
  }
  // Of two classes, the standard deviation of a group's counts is half their difference.
  const imbalance = ([, [n0, n1]]: [number, [number, number]]): number => Math.abs(n0 - n1);
  order.sort((a, b) => imbalance(b) - imbalance(a));

  const inFold = Array.from({ length: folds }, (): [number, number] => [0, 0]);
  const sums: [number, number] = [0, 0];
  const squares: [number, number] = [0, 0];
  const foldOf = new Map<number, number>();
  for (const [group, count] of order) {
    let best = 0;
    let bestSpread = Infinity;
    let bestRows = Infinity;
    inFold.forEach((held, fold) => {
      let spread = 0;
      for (const label of [0, 1] as const) {
        const n = count[label];
        const mean = (sums[label] + n) / folds;
        const square = (squares[label] + 2 * held[label] * n + n * n) / folds;
        spread += Math.sqrt(Math.max(0, square - mean * mean)) / totals[label];
      }
      const rows = held[0] + held[1];
      // Spreads that differ by rounding alone are a tie.
      const tie = Math.abs(spread - bestSpread) <= 1e-12;
      if ((!tie && spread < bestSpread) || (tie && rows < bestRows)) {
        best = fold;
        bestSpread = spread;
        bestRows = rows;
      }
    });
    foldOf.set(group, best);
    const held = inFold[best] ?? [0, 0];
    for (const label of [0, 1] as const) {
      const n = count[label];
      squares[label] += 2 * held[label] * n + n * n;
      sums[label] += n;
      held[label] += n;
    }
  }
  return groups.map((group) => foldOf.get(group) ?? 0);
}

/** Rows to fit on and rows held out, both ascending. */
export interface FoldSplit {
  readonly training: Int32Array;
  readonly held: Int32Array;
}

/**
 * Splits in order of time: each holds out a later window, and fits on all that is before it.
 *
 * `times` holds a finite number a row; rows of one time stay together. Windows have equally many distinct
 * times, the last ending with the last time (scikit-learn's `TimeSeriesSplit` over distinct times). `gap`
 * leaves out so many distinct times before each window (absent: 0). With `groups`, rows of a group that is
 * fitted on aren't held out: as in a window that judges, which takes new groups alone. Throws `SettingsInvalid` for fewer than 2 folds, too few times, or
 * where nothing is left to fit on, and `TableInvalid` for a time that is no number.
 */
export function timeOrderedSplits(
  times: Float64Array,
  folds: number,
  { gap = 0, groups }: { readonly gap?: number; readonly groups?: Int32Array } = {},
): readonly FoldSplit[] {
  if (groups !== undefined) checkRows(groups, times.length);
  const row = times.findIndex((time) => !Number.isFinite(time));
  if (row >= 0) throw new LearningError('TableInvalid', `the time of row ${row} is no number`);
  if (!(Number.isInteger(gap) && gap >= 0)) {
    throw new LearningError('SettingsInvalid', 'a gap is a whole number from 0 on', 'gap');
  }
  const distinct = Float64Array.from(new Set(times)).sort();
  checkFolds(folds, distinct.length - 1, 'distinct times after the first');
  const size = Math.floor(distinct.length / (folds + 1));
  return Array.from({ length: folds }, (_, fold) => {
    const start = distinct.length - (folds - fold) * size;
    const from = distinct[start] ?? Infinity;
    const to = distinct[start + size] ?? Infinity;
    // A gap that reaches past the first time leaves nothing.
    const before = distinct[start - gap] ?? -Infinity;
    const training = rowsWhere(times, (time) => time < before);
    const fitted = new Set(groups === undefined ? [] : Array.from(training, (at) => groups[at]));
    const isNew = (at: number): boolean => groups === undefined || !fitted.has(groups[at]);
    const held = rowsWhere(times, (time, at) => time >= from && time < to && isNew(at));
    if (training.length === 0) {
      throw new LearningError('SettingsInvalid', `split ${fold} has no row to fit on`, 'folds');
    }
    return { training, held };
  });
}

/** The rows, ascending, whose value (a fold, a time) is wanted. */
export function rowsWhere(
  values: ArrayLike<number>,
  wanted: (value: number, row: number) => boolean,
): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < values.length; row += 1) {
    if (wanted(values[row] ?? 0, row)) rows.push(row);
  }
  return Int32Array.from(rows);
}

function shuffled<T>(items: T[], seed: number, folds: number): T[] {
  // The stream's name needs a safe integer; what isn't one is refused by its own check.
  const random = substream(seed, 'folds', Number.isSafeInteger(folds) ? folds : 0);
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = random.nextInt(i + 1);
    const item = items[i];
    const other = items[j];
    if (item === undefined || other === undefined) continue;
    items[i] = other;
    items[j] = item;
  }
  return items;
}

function checkFolds(folds: number, most: number, of: string): void {
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= most)) {
    throw new LearningError(
      'SettingsInvalid',
      `${folds} folds need to be from 2 to the number of ${of}, ${most}`,
      'folds',
    );
  }
}

function checkRows(groups: Int32Array, rows: number): void {
  if (groups.length !== rows) {
    throw new LearningError('TableInvalid', `${groups.length} groups for ${rows} rows`);
  }
}
