/**
 * The paired difference of two models' AUC, with an interval that keeps its level on few groups.
 *
 * The standard error leaves out one group at a time (Efron 1982, chapter 3; whole groups, because rows of
 * one group aren't independent). The bounds are Student's: a bootstrap's percentiles take few groups for
 * the whole world, and are beyond 0 far too often.
 */
import { LearningError } from '#learning/errors.ts';
import { checkScores } from './metrics.ts';
import { orderByScore } from './ranking.ts';
import { studentQuantile } from './student.ts';

/** How many groups judge, and how many they count for where they differ in size. */
export interface JudgingGroups {
  readonly all: number;
  /** Those with a row of the positive class. */
  readonly positive: number;
  readonly negative: number;
  /**
   * Kish's effective numbers, (Σ nᵢ)² / Σ nᵢ² over the groups' rows, positives and negatives: as many
   * groups of one size would say as much.
   */
  readonly effective: {
    readonly rows: number;
    readonly positives: number;
    readonly negatives: number;
  };
}

export interface PairedAuc {
  /** The first model's AUC minus the second's. */
  readonly estimate: number;
  /** Null, as the bounds, where leaving out one group leaves a single class, or where one group counts for all. */
  readonly standardError: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Student's: one less than the whole part of the least effective number; 0 where there is no bound. */
  readonly degrees: number;
}

interface Rows {
  /** 0 or 1 a row. */
  readonly labels: Uint8Array;
  /** Any whole number a row; rows with the same one are left out together. */
  readonly groups: Int32Array;
}

/** Counts the groups that judge. Throws `ScoresInvalid` where groups and labels differ in number. */
export function judgingGroups({ labels, groups }: Rows): JudgingGroups {
  return judgingOf(countByGroup(labels, groups));
}

function judgingOf({ sizes, positives, negatives }: Counted): JudgingGroups {
  return {
    all: sizes.length,
    positive: positives.filter((n) => n > 0).length,
    negative: negatives.filter((n) => n > 0).length,
    effective: {
      rows: effectiveNumber(sizes),
      positives: effectiveNumber(positives),
      negatives: effectiveNumber(negatives),
    },
  };
}

/** Degrees of freedom of a comparison by these groups: as few as the class allows that fewest groups have. */
export function degreesOf({ effective }: JudgingGroups): number {
  const least = Math.min(effective.rows, effective.positives, effective.negatives);
  return Math.max(0, Math.floor(least) - 1);
}

/**
 * One model's AUC minus another's on the same rows.
 *
 * @param alpha one-sided: each bound leaves out this share. Sums of pairs are whole numbers, so the order
 * of rows and groups changes no digit of the estimate. Throws `ScoresInvalid`, `OneClass`.
 */
export function pairedAuc(
  first: Float64Array,
  second: Float64Array,
  rows: Rows,
  alpha: number,
): PairedAuc {
  const counted = countByGroup(rows.labels, rows.groups);
  const a = wonPairs(first, rows.labels, counted);
  const b = wonPairs(second, rows.labels, counted);
  const { positives, negatives } = counted;
  const positive = positives.reduce((sum, n) => sum + n, 0);
  const negative = negatives.reduce((sum, n) => sum + n, 0);
  const estimate = (a.all - b.all) / (2 * positive * negative);
  const none: PairedAuc = {
    estimate,
    standardError: null,
    lower: null,
    upper: null,
    degrees: 0,
  };
  const degrees = degreesOf(judgingOf(counted));
  if (degrees < 1) return none;

  const without: number[] = [];
  for (let group = 0; group < counted.sizes.length; group += 1) {
    const pairs = (positive - (positives[group] ?? 0)) * (negative - (negatives[group] ?? 0));
    if (pairs === 0) return none;
    const won = a.all - (a.byGroup[group] ?? 0) - (b.all - (b.byGroup[group] ?? 0));
    without.push(won / (2 * pairs));
  }
  // In order of size, so that a sum doesn't depend on how the groups happen to be numbered.
  without.sort((x, y) => x - y);
  const mean = without.reduce((sum, x) => sum + x, 0) / without.length;
  const squares = without.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  const standardError = Math.sqrt((squares * (without.length - 1)) / without.length);
  const reach = studentQuantile(1 - alpha, degrees) * standardError;
  return { estimate, standardError, lower: estimate - reach, upper: estimate + reach, degrees };
}

/**
 * Groups at which a true difference of `difference` would be told from 0 with this power, where they are
 * like those at hand; null where nothing can be said.
 *
 * N = G ((t₁₋α,ν + t_power,ν) · standard error / difference)² (1 + 2/ν): the last factor is for the
 * standard error, which few groups estimate badly. ν is one less than the interval's, for the same reason.
 */
export function groupsToSettle(
  { standardError, degrees }: Pick<PairedAuc, 'standardError' | 'degrees'>,
  how: {
    readonly groups: number;
    readonly alpha: number;
    readonly power: number;
    readonly difference: number;
  },
): number | null {
  const ν = degrees - 1;
  if (standardError === null || ν < 1 || !(how.difference > 0)) return null;
  const reach = studentQuantile(1 - how.alpha, ν) + studentQuantile(how.power, ν);
  const ratio = (reach * standardError) / how.difference;
  const groups = Math.ceil(how.groups * ratio * ratio * (1 + 2 / ν));
  return Number.isSafeInteger(groups) ? groups : null;
}

interface Counted {
  /** The place of each row's group in the lists below. */
  readonly groupOf: Int32Array;
  readonly sizes: readonly number[];
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
}

function countByGroup(labels: Uint8Array, groups: Int32Array): Counted {
  if (groups.length !== labels.length) {
    throw new LearningError('ScoresInvalid', `${groups.length} groups for ${labels.length} labels`);
  }
  const places = new Map<number, number>();
  const sizes: number[] = [];
  const positives: number[] = [];
  const groupOf = groups.map((group, row) => {
    const known = places.get(group);
    const place = known ?? places.size;
    if (known === undefined) places.set(group, place);
    sizes[place] = (sizes[place] ?? 0) + 1;
    positives[place] = (positives[place] ?? 0) + (labels[row] === 1 ? 1 : 0);
    return place;
  });
  const negatives = sizes.map((size, i) => size - (positives[i] ?? 0));
  return { groupOf, sizes, positives, negatives };
}

function effectiveNumber(counts: readonly number[]): number {
  const sum = counts.reduce((total, n) => total + n, 0);
  const squares = counts.reduce((total, n) => total + n * n, 0);
  return squares === 0 ? 0 : (sum * sum) / squares;
}

interface WonPairs {
  /** Twice the pairs of a positive and a negative row in which the positive one scores higher; a tie is one. */
  readonly all: number;
  /** Of these the ones with a row of the group. */
  readonly byGroup: Float64Array;
}

/** Walks the rows once from the lowest score to the highest, ties together. */
function wonPairs(
  scores: Float64Array,
  labels: Uint8Array,
  { groupOf, sizes, positives }: Counted,
): WonPairs {
  checkScores(scores, labels);
  const ascending = orderByScore(scores).reverse();
  const byGroup = new Float64Array(sizes.length);
  /** Negatives of each group below the tie at hand, and in it. */
  const below = new Float64Array(sizes.length);
  const tied = new Float64Array(sizes.length);
  const positive = positives.reduce((sum, n) => sum + n, 0);
  let all = 0;
  let negativesBelow = 0;
  let positivesBelow = 0;
  for (let start = 0, end = 0; start < ascending.length; start = end) {
    const score = scores[ascending[start] ?? 0];
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (end = start; end < ascending.length && scores[ascending[end] ?? 0] === score; end += 1) {
      const row = ascending[end] ?? 0;
      const group = groupOf[row] ?? 0;
      if (labels[row] === 1) tiedPositives += 1;
      else {
        tiedNegatives += 1;
        tied[group] = (tied[group] ?? 0) + 1;
      }
    }
    const wonByPositive = 2 * negativesBelow + tiedNegatives;
    const wonOverNegative = 2 * (positive - positivesBelow - tiedPositives) + tiedPositives;
    all += tiedPositives * wonByPositive;
    for (let i = start; i < end; i += 1) {
      const row = ascending[i] ?? 0;
      const group = groupOf[row] ?? 0;
      // A pair within the group has a row on either side: it counts once.
      const within = 2 * (below[group] ?? 0) + (tied[group] ?? 0);
      const share = labels[row] === 1 ? wonByPositive - within : wonOverNegative;
      byGroup[group] = (byGroup[group] ?? 0) + share;
    }
    for (let i = start; i < end; i += 1) {
      const row = ascending[i] ?? 0;
      const group = groupOf[row] ?? 0;
      if (labels[row] === 1) continue;
      below[group] = (below[group] ?? 0) + 1;
      tied[group] = 0;
    }
    negativesBelow += tiedNegatives;
    positivesBelow += tiedPositives;
  }
  return { all, byGroup };
}
