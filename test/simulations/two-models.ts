/** Two models' scores of the same made rows, with groups that have an effect of their own on each. */
import type { Random } from '#learning/random.ts';

export interface World {
  readonly groups: number;
  /** Rows in all; more where there are more groups than rows. */
  readonly rows: number;
  /** Exactly so many rows are positive. */
  readonly positives: number;
  /** equal: as many rows a group, give or take one; log-normal: standard deviation 1 of the logarithm. */
  readonly sizes: 'equal' | 'log-normal';
  /** True AUC of the second model; the first has `difference` more. */
  readonly auc: number;
  readonly difference: number;
  /** Scores are rounded to so many steps of 1; absent: they aren't, and nothing ties. */
  readonly steps?: number;
  /** In one group of ten the first model knows nothing; elsewhere it is better by as much. */
  readonly failsInOneOfTen?: boolean;
}

export interface Scored {
  readonly labels: Uint8Array;
  readonly groups: Int32Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Standard deviations beside that of the truth, which is 1: what a model adds, and what a group does to it. */
const NOISE = 0.5;
const GROUP_EFFECT = 0.5;
const SPREAD = Math.sqrt(1 + NOISE * NOISE + GROUP_EFFECT * GROUP_EFFECT);

/** Rows drawn anew; `random` is all the chance there is. */
export function draw(world: World, random: Random, failing?: Failing): Scored {
  const { groups: count } = world;
  const groups = groupsOf(world, random);
  const rows = groups.length;
  const labels = new Uint8Array(rows);
  // The rows' order is by group: positives fall anywhere.
  for (let placed = 0; placed < world.positives; ) {
    const row = random.nextInt(rows);
    if (labels[row] === 1) continue;
    labels[row] = 1;
    placed += 1;
  }
  const effects = Array.from({ length: 2 * count }, () => GROUP_EFFECT * random.nextNormal());
  const fails = Array.from(
    { length: count },
    () => failing !== undefined && random.nextFloat() < 0.1,
  );
  const gaps = {
    first: failing?.gap ?? gapOf(world.auc + world.difference),
    second: gapOf(world.auc),
  };
  const first = new Float64Array(rows);
  const second = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const group = groups[row] ?? 0;
    const label = labels[row] ?? 0;
    const truth = random.nextNormal();
    const sign = label === 1 ? 1 : -1;
    const scoreOf = (gap: number, effect: number) =>
      scaled(label * gap + truth + NOISE * random.nextNormal() + sign * effect, world.steps);
    first[row] = scoreOf(fails[group] === true ? 0 : gaps.first, effects[group] ?? 0);
    second[row] = scoreOf(gaps.second, effects[count + group] ?? 0);
  }
  return { labels, groups, first, second };
}

/** How far apart the classes lie for the first model where it doesn't fail. */
export interface Failing {
  readonly gap: number;
}

/** The gap at which a model that fails in one group of ten has the second one's AUC in all. */
export function failing(world: World): Failing {
  const gap = gapOf(world.auc);
  // Of ten pairs of a positive and a negative row from different groups, 81 in 100 have neither in a
  // failing group, 9 the positive one alone, 9 the negative one alone, 1 both.
  const aucOf = (better: number) =>
    0.81 * normal(better / (Math.SQRT2 * SPREAD)) +
    0.09 * (normal(better / (Math.SQRT2 * SPREAD)) + normal(0)) +
    0.01 * normal(0);
  let low = gap;
  let high = 20;
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (aucOf(middle) < world.auc) low = middle;
    else high = middle;
  }
  return { gap: high };
}

function groupsOf({ groups, rows, sizes }: World, random: Random): Int32Array {
  const all = Math.max(rows, groups);
  const weights = Array.from({ length: groups }, () =>
    sizes === 'equal' ? 1 : Math.exp(random.nextNormal()),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const groupOf = new Int32Array(all);
  // Each group has a row; the others fall by weight.
  let row = groups;
  for (let group = 0; group < groups; group += 1) groupOf[group] = group;
  let through = 0;
  for (let group = 0; group < groups; group += 1) {
    through += (weights[group] ?? 0) / sum;
    const end = group === groups - 1 ? all : groups + Math.round(through * (all - groups));
    while (row < end) {
      groupOf[row] = group;
      row += 1;
    }
  }
  return groupOf;
}

/** The distance between the classes' means at which two normal scores have this AUC. */
export function gapOf(auc: number, spread = SPREAD): number {
  let low = 0;
  let high = 20;
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (normal(middle / (Math.SQRT2 * spread)) < auc) low = middle;
    else high = middle;
  }
  return high;
}

/** The standard normal distribution, by Simpson's rule from 0: more digits than any simulation sees. */
function normal(x: number): number {
  const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  const steps = 200;
  const width = x / steps;
  let sum = density(0) + density(x);
  for (let i = 1; i < steps; i += 1) sum += density(i * width) * (i % 2 === 1 ? 4 : 2);
  return 0.5 + (sum * width) / 3;
}

function scaled(score: number, steps: number | undefined): number {
  const probability = 1 / (1 + Math.exp(-score));
  return steps === undefined ? probability : Math.round(probability * steps) / steps;
}
