/**
 * Histogram bins: every column becomes one byte a row, so that a tree compares bytes.
 *
 * Bins are fitted on training rows only. Byte 255 is "missing"; a level that training never saw is
 * missing too. Source: the binning of LightGBM (Ke et al. 2017) and, for categories, Fisher 1958 (an
 * optimal split of ordered-by-rate levels) with the shrinkage of Micci-Barreca 2001.
 */
import type { CategoricalColumn, Column, NumericColumn } from '../table.ts';

export const MISSING_BIN = 255;
export const MAX_BINS = 255;
/** Rows of the overall rate that a level's own rate is mixed with, so that rare levels don't sort by luck. */
const PRIOR_ROWS = 10;

export type Bins =
  | {
      readonly kind: 'numeric';
      /** Ascending; a value's bin is the number of edges below it, so `x <= edges[b]` goes to bin b. */
      readonly edges: Float64Array;
    }
  | {
      readonly kind: 'categorical';
      /** One bin a level of the training table; 255 where no training row had the level. */
      readonly binOfLevel: Uint8Array;
    };

/** Where to cut: indices after which a new bin starts, for at most 255 bins of about equal weight. */
function cuts(weights: ArrayLike<number>): number[] {
  const found: number[] = [];
  const last = weights.length - 1;
  if (weights.length <= MAX_BINS) {
    for (let i = 0; i < last; i += 1) found.push(i);
    return found;
  }
  let rowsLeft = 0;
  for (let i = 0; i <= last; i += 1) rowsLeft += weights[i] ?? 0;
  let binsLeft = MAX_BINS;
  let inBin = 0;
  for (let i = 0; i < last && binsLeft > 1; i += 1) {
    inBin += weights[i] ?? 0;
    const fair = rowsLeft / binsLeft;
    const next = weights[i + 1] ?? 0;
    // A heavy value gets a bin of its own, unless that would leave a sliver before it.
    if (inBin >= fair || (next >= fair && inBin >= fair / 2)) {
      found.push(i);
      rowsLeft -= inBin;
      inBin = 0;
      binsLeft -= 1;
    }
  }
  return found;
}

function fitNumeric(column: NumericColumn): Bins {
  const present = column.values.filter((value) => !Number.isNaN(value)).sort();
  const distinct: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < present.length; ) {
    const value = present[i] ?? 0;
    let end = i + 1;
    while (end < present.length && present[end] === value) end += 1;
    distinct.push(value);
    weights.push(end - i);
    i = end;
  }
  const edges = cuts(weights).map((i) => {
    const below = distinct[i] ?? 0;
    const above = distinct[i + 1] ?? 0;
    const middle = below / 2 + above / 2;
    // Neighbouring doubles have no middle: then the lower value itself is the edge.
    return middle >= below && middle < above ? middle : below;
  });
  return { kind: 'numeric', edges: Float64Array.from(edges) };
}

function fitCategorical(column: CategoricalColumn, labels: Uint8Array): Bins {
  const rows = new Float64Array(column.levels.length);
  const positives = new Float64Array(column.levels.length);
  let allRows = 0;
  let allPositives = 0;
  for (let row = 0; row < column.codes.length; row += 1) {
    const code = column.codes[row] ?? -1;
    if (code < 0) continue;
    const label = labels[row] ?? 0;
    rows[code] = (rows[code] ?? 0) + 1;
    positives[code] = (positives[code] ?? 0) + label;
    allRows += 1;
    allPositives += label;
  }
  const prior = allRows === 0 ? 0 : allPositives / allRows;
  const seen: { readonly code: number; readonly rows: number; readonly rate: number }[] = [];
  for (let code = 0; code < rows.length; code += 1) {
    const n = rows[code] ?? 0;
    if (n === 0) continue;
    const rate = ((positives[code] ?? 0) + PRIOR_ROWS * prior) / (n + PRIOR_ROWS);
    seen.push({ code, rows: n, rate });
  }
  seen.sort((a, b) => a.rate - b.rate || a.code - b.code);
  const ends = new Set(cuts(seen.map((level) => level.rows)));
  const binOfLevel = new Uint8Array(column.levels.length).fill(MISSING_BIN);
  let bin = 0;
  seen.forEach((level, i) => {
    binOfLevel[level.code] = bin;
    if (ends.has(i)) bin += 1;
  });
  return { kind: 'categorical', binOfLevel };
}

/** Fits the bins of one column; `labels` (0 or 1 a row) order the levels of a categorical one. */
export function fitBins(column: Column, labels: Uint8Array): Bins {
  return column.kind === 'numeric' ? fitNumeric(column) : fitCategorical(column, labels);
}

/** The bin of a number, 255 for NaN. */
export function binOfNumber(edges: Float64Array, value: number): number {
  if (Number.isNaN(value)) return MISSING_BIN;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One byte a row of a column that the bins were fitted on, or that has the same levels. */
export function binColumn(column: Column, bins: Bins): Uint8Array {
  if (column.kind === 'numeric') {
    const out = new Uint8Array(column.values.length);
    const edges = bins.kind === 'numeric' ? bins.edges : new Float64Array(0);
    for (let row = 0; row < out.length; row += 1) {
      out[row] = binOfNumber(edges, column.values[row] ?? Number.NaN);
    }
    return out;
  }
  const out = new Uint8Array(column.codes.length);
  const binOfLevel = bins.kind === 'categorical' ? bins.binOfLevel : new Uint8Array(0);
  for (let row = 0; row < out.length; row += 1) {
    out[row] = binOfLevel[column.codes[row] ?? -1] ?? MISSING_BIN;
  }
  return out;
}
