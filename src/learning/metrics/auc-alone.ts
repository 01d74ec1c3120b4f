/** How well one column alone orders the classes, without a model: what a leak shows itself by. */
import type { Column } from '#learning/table.ts';
import { sortNumbers } from '#learning/trees/sort-numbers.ts';

/** Numbers are also looked at in so many bins of equal weight: a leak need not rise or fall. */
const BINS = 20;
/** A bin of fewer rows shows its own labels. */
const BIN_ROWS = 20;

/** Rows of one score: how many of either class. */
interface Tied {
  readonly score: number;
  readonly positives: number;
  readonly negatives: number;
}

/**
 * AUC (0.5 to 1) of the best order that a column's cells alone give; NaN where one class is absent.
 *
 * Of numbers the better of their order, either way round and with missing ones at either end, and of the
 * rates of at most 20 bins; of categories the levels' rates. More levels than 20 give each row the rate of the other
 * rows of its level, so that many small levels of noise don't look like a leak. `labels` holds 1 for the
 * positive class, else 0. The rows' order changes nothing.
 */
export function aucAlone(column: Column, labels: Uint8Array): number {
  if (column.kind === 'numeric') return aucOfNumbers(column.values, labels);
  const places = column.levels.length + 1;
  const positives = new Float64Array(places);
  const negatives = new Float64Array(places);
  column.codes.forEach((code, row) => {
    const counts = labels[row] === 1 ? positives : negatives;
    // Missing is a level too, the last one.
    const at = code < 0 ? places - 1 : code;
    counts[at] = (counts[at] ?? 0) + 1;
  });
  const levels = Array.from(positives, (p, i) => [p, negatives[i] ?? 0] as const);
  return aucOfTies(levels.length - 1 <= BINS ? levels.flatMap(ownRate) : otherRates(levels));
}

type Counts = readonly [positives: number, negatives: number];

function ownRate([positives, negatives]: Counts): Tied[] {
  const rows = positives + negatives;
  return rows === 0 ? [] : [{ score: positives / rows, positives, negatives }];
}

/** A row that is alone in its level has the rate of all. */
function otherRates(levels: readonly Counts[]): Tied[] {
  const all = levels.reduce((sum, [p]) => sum + p, 0);
  const rows = levels.reduce((sum, [p, n]) => sum + p + n, 0);
  return levels.flatMap(([positives, negatives]) => {
    const others = positives + negatives - 1;
    if (others < 1) return [{ score: all / rows, positives, negatives }];
    return [
      { score: (positives - 1) / others, positives, negatives: 0 },
      { score: positives / others, positives: 0, negatives },
    ];
  });
}

function aucOfTies(ties: readonly Tied[]): number {
  const falling = ties.toSorted((a, b) => b.score - a.score);
  let [positives, negatives, twiceWon] = [0, 0, 0];
  for (let i = 0; i < falling.length; ) {
    const score = falling[i]?.score;
    let [tiedPositives, tiedNegatives] = [0, 0];
    for (; falling[i]?.score === score && i < falling.length; i += 1) {
      tiedPositives += falling[i]?.positives ?? 0;
      tiedNegatives += falling[i]?.negatives ?? 0;
    }
    twiceWon += tiedNegatives * (2 * positives + tiedPositives);
    positives += tiedPositives;
    negatives += tiedNegatives;
  }
  // The rates have put the classes in order already; of noise others' rates may turn it round.
  return Math.max(0.5, twiceWon / (2 * positives * negatives));
}

function aucOfNumbers(values: Float64Array, labels: Uint8Array): number {
  const positives = sortedOf(values, labels, 1);
  const negatives = sortedOf(values, labels, 0);
  const missing = countMissing(values, labels);
  const [allPositives, allNegatives] = [
    positives.length + missing[0],
    negatives.length + missing[1],
  ];
  const bins: Counts[] = [];
  const least = Math.max(BIN_ROWS, (positives.length + negatives.length) / BINS);
  // How often a positive is above a negative; ties count half.
  let won = 0;
  let bin: [number, number] = [0, 0];
  let [p, n] = [0, 0];
  while (p < positives.length || n < negatives.length) {
    const value = Math.min(positives[p] ?? Infinity, negatives[n] ?? Infinity);
    const [p0, n0] = [p, n];
    while (p < positives.length && positives[p] === value) p += 1;
    while (n < negatives.length && negatives[n] === value) n += 1;
    won += (p - p0) * (n0 + (n - n0) / 2);
    bin = [bin[0] + p - p0, bin[1] + n - n0];
    if (bin[0] + bin[1] < least) continue;
    bins.push(bin);
    bin = [0, 0];
  }
  bins.push(bin, missing);
  const lost = positives.length * negatives.length - won;
  const [below, above, both] = [
    positives.length * missing[1],
    missing[0] * negatives.length,
    (missing[0] * missing[1]) / 2,
  ];
  const best = Math.max(won, lost) + Math.max(below, above) + both;
  return Math.max(best / (allPositives * allNegatives), aucOfTies(bins.flatMap(ownRate)));
}

function sortedOf(values: Float64Array, labels: Uint8Array, label: 0 | 1): Float64Array {
  // −0 is 0, and sorts beside it.
  const found = values.filter((value, row) => labels[row] === label && !Number.isNaN(value));
  for (let i = 0; i < found.length; i += 1) found[i] = (found[i] ?? 0) + 0;
  return sortNumbers(found);
}

function countMissing(values: Float64Array, labels: Uint8Array): [number, number] {
  const missing: [number, number] = [0, 0];
  values.forEach((value, row) => {
    if (Number.isNaN(value)) missing[labels[row] === 1 ? 0 : 1] += 1;
  });
  return missing;
}
