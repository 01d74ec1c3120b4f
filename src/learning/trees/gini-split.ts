/**
 * The best Gini split of a node's rows, over histograms of bins.
 *
 * A row of a node is one entry: its place in the columns × 32 + its label × 16 + how often the
 * bootstrap drew it (1 to 15). So a histogram reads two arrays and no label.
 */
import { MISSING_BIN } from './bins.ts';

export const LABEL = 16;
export const MOST_DRAWS = 15;
/** Bits of an entry below the place. */
export const PLACE = 5;

/** A bin's negatives, positives and rows share one double: exact while draws stay below 2^17. */
const POSITIVE = 2 ** 17;
const ROW = 2 ** 34;
const PER_POSITIVE = 1 / POSITIVE;
const PER_ROW = 1 / ROW;
const EXACT_DRAWS = POSITIVE - 1;
/** So many entries surely have no more draws. */
const CHUNK = Math.floor(EXACT_DRAWS / MOST_DRAWS);
/** Nodes of fewer rows than this visit only the bins that they touch. */
const SMALL = 48;
/** Features whose histograms are filled in one pass: each update waits for the last one to its histogram. */
const GROUP = 4;
const STRIDE = 256;

/** What an entry adds to its bin, by its label and draws. */
const WEIGHT = Float64Array.from({ length: 2 * LABEL }, (_, i) => {
  const draws = i % LABEL;
  return (i < LABEL ? draws : draws * POSITIVE) + ROW;
});

/** Finds one split after the other over the same scratch arrays. */
export class GiniSplit {
  /** −1 where the last search found none. */
  feature = -1;
  /** Bins up to it go left. */
  bin = 0;
  missingLeft = false;
  leftNegatives = 0;
  leftPositives = 0;
  leftRows = 0;

  readonly #minLeaf: number;
  readonly #weight0: number;
  readonly #weight1: number;
  readonly #used: Int32Array;
  #best = 0;
  // The node at hand.
  #rows = 0;
  #negatives = 0;
  #positives = 0;
  /** All zero between two searches. */
  readonly #sums = new Float64Array(GROUP * STRIDE);
  readonly #touched = new Int32Array(STRIDE / 32);
  /** All zero between two searches; negatives, positives and rows of each bin, where a double can't count them. */
  readonly #counts = new Int32Array(3 * GROUP * STRIDE);
  // The bins of one feature that have rows, ascending; one place more than bins, for what is written
  // before it is known to stay.
  #filled = 0;
  readonly #bins = new Int32Array(STRIDE + 1);
  readonly #binSums = new Float64Array(STRIDE + 1);
  readonly #binNegatives = new Int32Array(STRIDE + 1);
  readonly #binPositives = new Int32Array(STRIDE + 1);
  readonly #binRows = new Int32Array(STRIDE + 1);

  /** `columns`: one byte a row; `minLeaf`: least rows on either side; weights of class 0 and class 1. */
  constructor(
    columns: readonly Uint8Array[],
    minLeaf: number,
    [weight0, weight1]: readonly [number, number],
  ) {
    this.#minLeaf = minLeaf;
    this.#weight0 = weight0;
    this.#weight1 = weight1;
    this.#used = Int32Array.from(columns, binsUsed);
  }

  /** Forgets the last node; what is found from here on is for this one. */
  begin(rows: number, negatives: number, positives: number): void {
    this.#rows = rows;
    this.#negatives = negatives;
    this.#positives = positives;
    const weight = this.#weight0 * negatives + this.#weight1 * positives;
    // Less than this is rounding.
    this.#best = weight * weight * 1e-12;
    this.feature = -1;
  }

  /** Looks at the features `order[from]` to `order[to − 1]` for a split better than the best so far. */
  search(
    columns: readonly Uint8Array[],
    order: Int32Array,
    from: number,
    to: number,
    entries: Int32Array,
    start: number,
    end: number,
  ): void {
    const sums = this.#sums;
    if (end - start < SMALL) {
      for (let i = from; i < to; i += 1) {
        const feature = order[i] ?? 0;
        const column = columns[feature] ?? EMPTY;
        fillTouched(column, entries, start, end, WEIGHT, sums, this.#touched);
        this.#listTouched();
        this.#scan(feature);
      }
      return;
    }
    const isExact = this.#negatives + this.#positives <= EXACT_DRAWS;
    const step = isExact ? end - start : CHUNK;
    for (let i = from; i < to; i += GROUP) {
      const group = Math.min(GROUP, to - i);
      const a = columns[order[i] ?? 0] ?? EMPTY;
      const b = columns[order[i + 1] ?? 0] ?? EMPTY;
      const c = columns[order[i + 2] ?? 0] ?? EMPTY;
      const d = columns[order[i + 3] ?? 0] ?? EMPTY;
      for (let at = start; at < end; at += step) {
        const stop = Math.min(end, at + step);
        if (group === 4) fill4(a, b, c, d, entries, at, stop, WEIGHT, sums);
        else if (group === 3) fill3(a, b, c, entries, at, stop, WEIGHT, sums);
        else if (group === 2) fill2(a, b, entries, at, stop, WEIGHT, sums);
        else fill1(a, entries, at, stop, WEIGHT, sums);
        if (!isExact) this.#count(group);
      }
      for (let k = 0; k < group; k += 1) {
        const feature = order[i + k] ?? 0;
        if (isExact) this.#listSums(k, this.#used[feature] ?? STRIDE);
        else this.#listCounts(k);
        this.#scan(feature);
      }
    }
  }

  #listTouched(): void {
    const sums = this.#sums;
    const touched = this.#touched;
    const bins = this.#bins;
    const binSums = this.#binSums;
    let filled = 0;
    for (let word = 0; word < touched.length; word += 1) {
      for (let bits = touched[word] ?? 0; bits !== 0; bits &= bits - 1) {
        const bin = word * 32 + 31 - Math.clz32(bits & -bits);
        bins[filled] = bin;
        binSums[filled] = sums[bin] ?? 0;
        filled += 1;
        sums[bin] = 0;
      }
      touched[word] = 0;
    }
    this.#unpack(filled);
  }

  #listSums(k: number, used: number): void {
    const sums = this.#sums;
    const bins = this.#bins;
    const binSums = this.#binSums;
    const from = k * STRIDE;
    let filled = 0;
    for (let bin = 0; bin < used; bin += 1) {
      const sum = sums[from + bin] ?? 0;
      bins[filled] = bin;
      binSums[filled] = sum;
      // One more where the bin has rows, without a branch that nobody could predict.
      filled += -((sum * PER_ROW) | 0) >>> 31;
    }
    sums.fill(0, from, from + used);
    this.#unpack(filled);
  }

  #unpack(filled: number): void {
    const binSums = this.#binSums;
    const binNegatives = this.#binNegatives;
    const binPositives = this.#binPositives;
    const binRows = this.#binRows;
    for (let i = 0; i < filled; i += 1) {
      const sum = binSums[i] ?? 0;
      const rows = (sum * PER_ROW) | 0;
      const draws = sum - rows * ROW;
      const positives = (draws * PER_POSITIVE) | 0;
      binRows[i] = rows;
      binPositives[i] = positives;
      binNegatives[i] = draws - positives * POSITIVE;
    }
    this.#filled = filled;
  }

  /** Takes the sums of a chunk to where more of them fit. */
  #count(group: number): void {
    const sums = this.#sums;
    const counts = this.#counts;
    for (let i = 0; i < group * STRIDE; i += 1) {
      const sum = sums[i] ?? 0;
      const rows = (sum * PER_ROW) | 0;
      const draws = sum - rows * ROW;
      const positives = (draws * PER_POSITIVE) | 0;
      counts[3 * i] = (counts[3 * i] ?? 0) + (draws - positives * POSITIVE);
      counts[3 * i + 1] = (counts[3 * i + 1] ?? 0) + positives;
      counts[3 * i + 2] = (counts[3 * i + 2] ?? 0) + rows;
    }
    sums.fill(0, 0, group * STRIDE);
  }

  #listCounts(k: number): void {
    const counts = this.#counts;
    let filled = 0;
    for (let bin = 0; bin < STRIDE; bin += 1) {
      const i = 3 * (k * STRIDE + bin);
      const rows = counts[i + 2] ?? 0;
      if (rows === 0) continue;
      this.#bins[filled] = bin;
      this.#binNegatives[filled] = counts[i] ?? 0;
      this.#binPositives[filled] = counts[i + 1] ?? 0;
      this.#binRows[filled] = rows;
      filled += 1;
    }
    this.#filled = filled;
    counts.fill(0, 3 * k * STRIDE, 3 * (k + 1) * STRIDE);
  }

  /** Tries every cut between the listed bins, with missing on either side where there is any. */
  #scan(feature: number): void {
    const last = this.#filled - 1;
    if (last < 1) return;
    if (this.#bins[last] === MISSING_BIN) {
      this.#cut(feature, 0, last, 0, 0, 0);
      this.#cut(
        feature,
        1,
        last - 1,
        this.#binNegatives[last] ?? 0,
        this.#binPositives[last] ?? 0,
        this.#binRows[last] ?? 0,
      );
    } else {
      this.#cut(feature, -1, last, 0, 0, 0);
    }
  }

  /**
   * Tries the cuts after each of the first `cuts` bins; what starts on the left is given.
   * `side` of missing: 1 left, 0 right, −1 for the heavier side.
   */
  #cut(
    feature: number,
    side: number,
    cuts: number,
    startNegatives: number,
    startPositives: number,
    startRows: number,
  ): void {
    const minLeaf = this.#minLeaf;
    const weight0 = this.#weight0;
    const weight1 = this.#weight1;
    const all0 = weight0 * this.#negatives;
    const all1 = weight1 * this.#positives;
    const all = all0 + all1;
    const mostRows = this.#rows - minLeaf;
    const binNegatives = this.#binNegatives;
    const binPositives = this.#binPositives;
    const binRows = this.#binRows;
    let negatives = startNegatives;
    let positives = startPositives;
    let rows = startRows;
    let best = this.#best;
    for (let i = 0; i < cuts; i += 1) {
      negatives += binNegatives[i] ?? 0;
      positives += binPositives[i] ?? 0;
      rows += binRows[i] ?? 0;
      if (rows < minLeaf) continue;
      if (rows > mostRows) break;
      const left0 = weight0 * negatives;
      const left1 = weight1 * positives;
      const left = left0 + left1;
      // For two classes the decrease of Gini impurity is this square over this product, but for
      // constants of the node; no division where it isn't better.
      const apart = left1 * all0 - left0 * all1;
      const sizes = left * (all - left);
      if (apart * apart > best * sizes) {
        best = (apart * apart) / sizes;
        this.feature = feature;
        this.leftNegatives = negatives;
        this.leftPositives = positives;
        this.leftRows = rows;
        this.missingLeft =
          side === 1 ||
          (side === -1 && 2 * (negatives + positives) > this.#negatives + this.#positives);
        const bin = this.#bins[i] ?? 0;
        const next = this.#bins[i + 1] ?? MISSING_BIN;
        // Nothing lies between the two bins here: cut in the middle of the gap.
        this.bin = next === MISSING_BIN ? bin : (bin + next - 1) >> 1;
      }
    }
    this.#best = best;
  }
}

const EMPTY = new Uint8Array(0);

/** One more than the highest bin of a column, so that a flag's histogram isn't read to its end. */
function binsUsed(column: Uint8Array): number {
  let highest = 0;
  for (let row = 0; row < column.length; row += 1) highest = Math.max(highest, column[row] ?? 0);
  return highest + 1;
}

function fillTouched(
  a: Uint8Array,
  entries: Int32Array,
  start: number,
  end: number,
  weight: Float64Array,
  sums: Float64Array,
  touched: Int32Array,
): void {
  for (let i = start; i < end; i += 1) {
    const entry = entries[i] ?? 0;
    const bin = a[entry >>> PLACE] ?? 0;
    sums[bin] = (sums[bin] ?? 0) + (weight[entry & 31] ?? 0);
    touched[bin >> 5] = (touched[bin >> 5] ?? 0) | (1 << (bin & 31));
  }
}

function fill1(
  a: Uint8Array,
  entries: Int32Array,
  start: number,
  end: number,
  weight: Float64Array,
  sums: Float64Array,
): void {
  for (let i = start; i < end; i += 1) {
    const entry = entries[i] ?? 0;
    const atA = a[entry >>> PLACE] ?? 0;
    sums[atA] = (sums[atA] ?? 0) + (weight[entry & 31] ?? 0);
  }
}

function fill2(
  a: Uint8Array,
  b: Uint8Array,
  entries: Int32Array,
  start: number,
  end: number,
  weight: Float64Array,
  sums: Float64Array,
): void {
  for (let i = start; i < end; i += 1) {
    const entry = entries[i] ?? 0;
    const place = entry >>> PLACE;
    const w = weight[entry & 31] ?? 0;
    const atA = a[place] ?? 0;
    const atB = STRIDE + (b[place] ?? 0);
    sums[atA] = (sums[atA] ?? 0) + w;
    sums[atB] = (sums[atB] ?? 0) + w;
  }
}

function fill3(
  a: Uint8Array,
  b: Uint8Array,
  c: Uint8Array,
  entries: Int32Array,
  start: number,
  end: number,
  weight: Float64Array,
  sums: Float64Array,
): void {
  for (let i = start; i < end; i += 1) {
    const entry = entries[i] ?? 0;
    const place = entry >>> PLACE;
    const w = weight[entry & 31] ?? 0;
    const atA = a[place] ?? 0;
    const atB = STRIDE + (b[place] ?? 0);
    const atC = 2 * STRIDE + (c[place] ?? 0);
    sums[atA] = (sums[atA] ?? 0) + w;
    sums[atB] = (sums[atB] ?? 0) + w;
    sums[atC] = (sums[atC] ?? 0) + w;
  }
}

function fill4(
  a: Uint8Array,
  b: Uint8Array,
  c: Uint8Array,
  d: Uint8Array,
  entries: Int32Array,
  start: number,
  end: number,
  weight: Float64Array,
  sums: Float64Array,
): void {
  for (let i = start; i < end; i += 1) {
    const entry = entries[i] ?? 0;
    const place = entry >>> PLACE;
    const w = weight[entry & 31] ?? 0;
    const atA = a[place] ?? 0;
    const atB = STRIDE + (b[place] ?? 0);
    const atC = 2 * STRIDE + (c[place] ?? 0);
    const atD = 3 * STRIDE + (d[place] ?? 0);
    sums[atA] = (sums[atA] ?? 0) + w;
    sums[atB] = (sums[atB] ?? 0) + w;
    sums[atC] = (sums[atC] ?? 0) + w;
    sums[atD] = (sums[atD] ?? 0) + w;
  }
}
