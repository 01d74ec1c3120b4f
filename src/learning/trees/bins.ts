/**
 * Histogram bins: every column becomes one byte a row, so that a tree compares bytes.
 *
 * Bins are fitted on training rows only. Byte 255 is "missing"; a level that training never saw is
 * missing too. Source: the binning of LightGBM (Ke et al. 2017).
 */
import { levelRates } from './level-rates.ts';
import { sortNumbers } from './sort-numbers.ts';
import type { Column } from '#learning/table.ts';

export const MISSING_BIN = 255;
export const MAX_BINS = 255;

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

/** What cuts numbers into at most 255 bins of about equal weight; equal numbers stay together. */
function fitEdges(numbers: Float64Array): Float64Array {
  const sorted = presentSorted(numbers);
  let values = 0;
  for (let i = 0; i < sorted.length; i += 1)
    if (i === 0 || sorted[i] !== sorted[i - 1]) values += 1;
  const distinct = new Float64Array(values);
  const weights = new Uint32Array(values);
  let at = -1;
  for (let i = 0; i < sorted.length; i += 1) {
    const value = sorted[i] ?? 0;
    if (at < 0 || value !== distinct[at]) {
      at += 1;
      distinct[at] = value;
    }
    weights[at] = (weights[at] ?? 0) + 1;
  }
  return edgesBetween(distinct, weights);
}

/** `distinct` ascends; `weights` says how often each is there. */
function edgesBetween(distinct: Float64Array, weights: ArrayLike<number>): Float64Array {
  const edges = cuts(weights).map((i) => {
    const below = distinct[i] ?? 0;
    const above = distinct[i + 1] ?? 0;
    const middle = below / 2 + above / 2;
    // Neighbouring doubles have no middle: then the lower value itself is the edge.
    return middle >= below && middle < above ? middle : below;
  });
  return Float64Array.from(edges);
}

function presentSorted(values: Float64Array): Float64Array {
  const present = new Float64Array(values.length);
  let count = 0;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    present[count] = value;
    count += 1;
  }
  return sortNumbers(present.subarray(0, count));
}

/** A column's bins, and what its training rows become by them. */
export interface FittedBins {
  readonly bins: Bins;
  /**
   * One a row. Of a category they are not always those of `binColumn`, which reads rows that the order of
   * levels was not learnt from.
   */
  readonly bytes: Uint8Array;
  /** Bins that the bytes tell apart, missing left out: 1 to 255. */
  readonly count: number;
}

/**
 * Fits the bins of one column on training rows.
 *
 * `labels` (0 or 1 a row) order the levels of a categorical column, `groups` say which rows belong
 * together there.
 */
export function fitBins(column: Column, labels: Uint8Array, groups?: Int32Array): FittedBins {
  if (column.kind === 'numeric') {
    const edges = fitEdges(column.values);
    return {
      bins: { kind: 'numeric', edges },
      bytes: binNumbers(edges, column.values),
      count: edges.length + 1,
    };
  }
  const { ofRow, ofLevel, rows } = levelRates(column, labels, groups);
  const edges = rows === null ? fitEdges(ofRow) : edgesOfLevels(ofLevel, rows);
  const bins: Bins = { kind: 'categorical', binOfLevel: binNumbers(edges, ofLevel) };
  return {
    bins,
    bytes: rows === null ? binNumbers(edges, ofRow) : binColumn(column, bins),
    count: edges.length + 1,
  };
}

/** `fitEdges` of the rows' numbers, from the few that there are. */
function edgesOfLevels(ofLevel: Float64Array, rows: Int32Array): Float64Array {
  const there = Array.from(rows.keys()).filter((level) => (rows[level] ?? 0) > 0);
  there.sort((a, b) => (ofLevel[a] ?? 0) - (ofLevel[b] ?? 0));
  return edgesBetween(
    Float64Array.from(there, (level) => ofLevel[level] ?? 0),
    there.map((level) => rows[level] ?? 0),
  );
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
    return binNumbers(bins.kind === 'numeric' ? bins.edges : new Float64Array(0), column.values);
  }
  const out = new Uint8Array(column.codes.length);
  const binOfLevel = bins.kind === 'categorical' ? bins.binOfLevel : new Uint8Array(0);
  for (let row = 0; row < out.length; row += 1) {
    out[row] = binOfLevel[column.codes[row] ?? -1] ?? MISSING_BIN;
  }
  return out;
}

/** Cells of even width over the edges, so that a number's search starts between a few of them. */
const GRID = 1024;

/** `binOfNumber` for many: the same bins. */
function binNumbers(edges: Float64Array, values: Float64Array): Uint8Array {
  const lowest = edges[0] ?? 0;
  const scale = GRID / ((edges[edges.length - 1] ?? 0) - lowest);
  // Rounding keeps the order, so an edge of a lower cell is below the number, one of a higher cell above.
  const cellOf = (value: number): number =>
    Math.min(Math.max((value - lowest) * scale, 0), GRID - 1) | 0;
  const edgesBefore = new Uint8Array(GRID + 1);
  for (const edge of edges) {
    const cell = cellOf(edge) + 1;
    edgesBefore[cell] = (edgesBefore[cell] ?? 0) + 1;
  }
  for (let i = 1; i <= GRID; i += 1) {
    edgesBefore[i] = (edgesBefore[i] ?? 0) + (edgesBefore[i - 1] ?? 0);
  }
  const out = new Uint8Array(values.length);
  for (let row = 0; row < out.length; row += 1) {
    const value = values[row] ?? Number.NaN;
    if (Number.isNaN(value)) {
      out[row] = MISSING_BIN;
      continue;
    }
    const cell = cellOf(value);
    let low = edgesBefore[cell] ?? 0;
    let high = edgesBefore[cell + 1] ?? 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((edges[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    out[row] = low;
  }
  return out;
}
