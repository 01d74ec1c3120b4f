/**
 * A number for each level of a category, so that a tree can cut between levels as between numbers.
 *
 * A level's number is the rate of positives among its rows, mixed with the overall rate (Micci-Barreca
 * 2001); in this order the best cut of the levels is found (Fisher 1958). A rate tells a row of a level of
 * few rows its own label, so such a row reads its level's rate in the other fifths of the rows, as a row at
 * serving reads a rate that it is not in. Source: the cross fitting of scikit-learn's `TargetEncoder`.
 */
import { substream } from '#learning/random.ts';
import type { CategoricalColumn } from '#learning/table.ts';

/** Rows of the overall rate that a level's own is mixed with, so that rare levels don't sort by luck. */
const PRIOR_ROWS = 10;
const FOLDS = 5;
/** One row of so many says little about its level: reading all of them costs fresh rows an AUC of 0.001. */
const MANY_ROWS = 500;
/** So few levels say little about their rows; fifths of them would only blur 1,000 rows (0.005 on claims). */
const FEW_LEVELS = 12;

export interface LevelRates {
  /** One a row: what a tree learns from. NaN for missing, and where the other fifths lack the level. */
  readonly ofRow: Float64Array;
  /** One a level: what a tree reads at serving. NaN where no row has the level. */
  readonly ofLevel: Float64Array;
  /** Rows of each level, where every row reads its level's own number; else null. */
  readonly rows: Int32Array | null;
}

/**
 * The rates of a column's levels, from training rows.
 *
 * `labels` are 0 or 1 a row. Rows of one of `groups` share a fifth and count as one row of a level. Chance
 * is the same for every seed.
 */
export function levelRates(
  column: CategoricalColumn,
  labels: Uint8Array,
  groups?: Int32Array,
): LevelRates {
  const { codes } = column;
  const levels = column.levels.length;
  const rows = new Int32Array(levels);
  const positives = new Int32Array(levels);
  let allRows = 0;
  let allPositives = 0;
  for (let row = 0; row < codes.length; row += 1) {
    const code = codes[row] ?? -1;
    if (code < 0) continue;
    const label = labels[row] ?? 0;
    rows[code] = (rows[code] ?? 0) + 1;
    positives[code] = (positives[code] ?? 0) + label;
    allRows += 1;
    allPositives += label;
  }
  const overall = allRows === 0 ? 0 : allPositives / allRows;
  const rate = (up: number, of: number): number => (up + PRIOR_ROWS * overall) / (of + PRIOR_ROWS);
  const ofLevel = Float64Array.from(rows, (n, level) =>
    n === 0 ? Number.NaN : rate(positives[level] ?? 0, n),
  );
  const isFew = rows.reduce((seen, n) => (n > 0 ? seen + 1 : seen), 0) <= FEW_LEVELS;
  const units = groups === undefined || isFew ? rows : groupsOfLevels(column, groups);
  const isOwn = Uint8Array.from(units, (n) => (isFew || n === 0 || n >= MANY_ROWS ? 1 : 0));
  partEqual(ofLevel, isOwn);
  const ofRow = new Float64Array(codes.length);
  for (let row = 0; row < codes.length; row += 1) {
    ofRow[row] = ofLevel[codes[row] ?? -1] ?? Number.NaN;
  }
  if (!isOwn.includes(0)) return { ofRow, ofLevel, rows };

  const folds = foldsOf(codes.length, groups);
  const foldRows = new Int32Array(FOLDS * levels);
  const foldPositives = new Int32Array(FOLDS * levels);
  for (let row = 0; row < codes.length; row += 1) {
    const code = codes[row] ?? -1;
    if (code < 0) continue;
    const at = FOLDS * code + (folds[row] ?? 0);
    foldRows[at] = (foldRows[at] ?? 0) + 1;
    foldPositives[at] = (foldPositives[at] ?? 0) + (labels[row] ?? 0);
  }
  for (let row = 0; row < codes.length; row += 1) {
    const code = codes[row] ?? -1;
    if (code < 0 || isOwn[code] === 1) continue;
    const at = FOLDS * code + (folds[row] ?? 0);
    const others = (rows[code] ?? 0) - (foldRows[at] ?? 0);
    // A level that the others lack is to them what an unseen one is at serving: they learn from its rows.
    ofRow[row] =
      others === 0 ? Number.NaN : rate((positives[code] ?? 0) - (foldPositives[at] ?? 0), others);
  }
  return { ofRow, ofLevel, rows: null };
}

/** Levels that keep a number of their own keep it apart from others of the same rate. */
function partEqual(ofLevel: Float64Array, isOwn: Uint8Array): void {
  const own = [...isOwn.keys()].filter(
    (level) => isOwn[level] === 1 && (ofLevel[level] ?? -1) >= 0,
  );
  own.sort((a, b) => (ofLevel[a] ?? 0) - (ofLevel[b] ?? 0) || a - b);
  let last = -1;
  for (const level of own) {
    const number = Math.max(ofLevel[level] ?? 0, last + 2 ** -50);
    ofLevel[level] = number;
    last = number;
  }
}

/** In how many groups each level is found. */
function groupsOfLevels({ codes, levels }: CategoricalColumn, groups: Int32Array): Int32Array {
  const found = new Int32Array(levels.length);
  const seen = new Set<number>();
  codes.forEach((code, row) => {
    // Below 2^53 for fewer than 2^21 levels and any group; a clash beyond only merges two groups' counts.
    const pair = code * 2 ** 32 + ((groups[row] ?? 0) >>> 0);
    if (code < 0 || seen.has(pair)) return;
    seen.add(pair);
    found[code] = (found[code] ?? 0) + 1;
  });
  return found;
}

function foldsOf(rows: number, groups: Int32Array | undefined): Uint8Array {
  const random = substream(0, 'level-rates');
  if (groups === undefined) return new Uint8Array(rows).map(() => random.nextInt(FOLDS));
  const ofGroup = new Map<number, number>();
  return Uint8Array.from(groups, (group) => {
    const fold = ofGroup.get(group) ?? random.nextInt(FOLDS);
    ofGroup.set(group, fold);
    return fold;
  });
}
