/**
 * Gradient histograms over bins: for each bin of each column, the sums of gradient and hessian of the
 * rows in it, and their number (Ke et al. 2017).
 *
 * Gradients are rounded to small whole numbers (Shi et al. 2022, "Quantized Training of Gradient
 * Boosting Decision Trees"), so that gradient, hessian and count of a row share one double and a cell
 * costs one addition. The sums are whole numbers and exact: they depend on no order, and a sibling is
 * its parent less the other child without a loss. A leaf's value isn't taken from them (leaf-wise.ts).
 */
import { MISSING_BIN } from './bins.ts';

/** Columns of few bins that share a byte: byte = Σ bin × weight, the bins counted with missing as the last. */
interface Bundle {
  /** Values that the byte takes, at most 256. */
  readonly size: number;
  /** Where they start among all bundles' values. */
  readonly start: number;
  readonly parts: readonly {
    readonly column: number;
    readonly weight: number;
    readonly size: number;
  }[];
}

/** Bins of a table, a row's side by side, four bytes to a word so that one read serves four. */
export interface BinWords {
  readonly rows: number;
  /** One byte a row for each column, 255 missing: what reads a single column reads it here. */
  readonly columns: readonly Uint8Array[];
  /** One a column: its bins, at most 255. */
  readonly bins: Int32Array;
  /** One a column: where its bins and then its missing start in a histogram; last, where all end. */
  readonly offset: Int32Array;
  /** One a byte of a row. */
  readonly bundles: readonly Bundle[];
  /** Words a row. */
  readonly stride: number;
  /** `stride` words a row; a word's first bundle is its lowest byte. */
  readonly words: Uint32Array;
}

/** Packs columns of one byte a row (255 missing) of which column i has `bins[i]` bins. */
export function packBins(columns: readonly Uint8Array[], bins: Int32Array): BinWords {
  const rows = columns[0]?.length ?? 0;
  const offset = new Int32Array(bins.length + 1);
  for (let i = 0; i < bins.length; i += 1) offset[i + 1] = (offset[i] ?? 0) + (bins[i] ?? 0) + 1;
  const bundles = bundle(bins);
  const stride = Math.ceil(bundles.length / 4);
  const words = new Uint32Array(rows * stride);
  bundles.forEach(({ parts }, i) => {
    for (const { column, weight, size } of parts) {
      const from = columns[column] ?? NONE;
      const unit = weight << ((i & 3) * 8);
      let at = i >> 2;
      for (let row = 0; row < rows; row += 1) {
        const bin = from[row] ?? 0;
        words[at] = (words[at] ?? 0) + (bin === MISSING_BIN ? size - 1 : bin) * unit;
        at += stride;
      }
    }
  });
  return { rows, columns, bins, offset, bundles, stride, words };
}

const NONE = new Uint8Array(0);

/** Each column goes to the first byte that has room for it. */
function bundle(bins: Int32Array): Bundle[] {
  const bundles: { size: number; parts: Bundle['parts'][number][] }[] = [];
  bins.forEach((count, column) => {
    const size = count + 1;
    const open = bundles.find((other) => other.size * size <= 256);
    if (open === undefined) bundles.push({ size, parts: [{ column, weight: 1, size }] });
    else {
      open.parts.push({ column, weight: open.size, size });
      open.size *= size;
    }
  });
  let start = 0;
  return bundles.map(({ size, parts }) => {
    start += size;
    return { size, start: start - size, parts };
  });
}

/** Rows whose packed doubles are added before they are taken apart: more would leave gradients too few bits. */
const CHUNK = 8191;
/** Rows of which all words are read before the next: their lines of the table stay in a core's cache. */
const BLOCK = 512;

/** How a row's gradient, hessian and count share a double: count × countUnit + hessian × hessianUnit + gradient. */
export interface Packing {
  /** The largest whole number that a gradient, and that a hessian, is rounded to. */
  readonly topGradient: number;
  readonly topHessian: number;
  readonly hessianUnit: number;
  readonly countUnit: number;
}

/** The finest packing of so many rows in which no sum of a chunk overflows into its neighbour. */
export function packingOf(rows: number): Packing {
  const width = Math.ceil(Math.log2(Math.min(rows, CHUNK) + 1));
  // 53 bits hold three sums of `width` carries each, a sign, and what is left for precision.
  const bits = Math.min(42, 53 - 3 * width - 1);
  const hessianBits = (bits - 2) >> 1;
  const gradientBits = bits - hessianBits;
  const hessianUnit = 2 ** (gradientBits + width + 1);
  return {
    topGradient: 2 ** gradientBits - 1,
    topHessian: 2 ** hessianBits - 1,
    hessianUnit,
    countUnit: hessianUnit * 2 ** (hessianBits + width),
  };
}

/** Where a histogram's columns lie, and which are filled. */
export class Histograms {
  readonly #table: BinWords;
  readonly #packing: Packing;
  /** All zero between two calls. */
  readonly #packed: Float64Array;
  /** A bundle's sums, on their way to its columns. */
  readonly #joint = new Float64Array(3 * 256);
  /** Words of a row that are read, and what is in each. */
  #groups: readonly number[] = [];
  #bundles: readonly (readonly Bundle[])[] = [];
  /** Of a block: where each row's words start, and its packed double. */
  readonly #places = new Int32Array(BLOCK);
  readonly #values = new Float64Array(BLOCK);
  #touched = 0;
  readonly #free: Float64Array[] = [];

  constructor(table: BinWords, packing: Packing) {
    this.#table = table;
    this.#packing = packing;
    let size = 0;
    for (const one of table.bundles) size += one.size;
    this.#packed = new Float64Array(size);
  }

  /** Chooses the columns that are filled from now on; their neighbours in a word may be too. */
  choose(columns: Int32Array): void {
    const chosen = new Set(columns);
    this.#groups = Array.from({ length: this.#table.stride }, (_, group) => group).filter((group) =>
      this.#bundlesOf(group).some(({ parts }) => parts.some(({ column }) => chosen.has(column))),
    );
    this.#bundles = this.#groups.map((group) => this.#bundlesOf(group));
  }

  #bundlesOf(group: number): readonly Bundle[] {
    return this.#table.bundles.slice(4 * group, 4 * group + 4);
  }

  /** A histogram to fill: gradient, hessian and count of each bin, three doubles a bin. */
  take(): Float64Array {
    return this.#free.pop() ?? new Float64Array(3 * (this.#table.offset.at(-1) ?? 0));
  }

  /** Gives a histogram back, to be taken again. */
  free(histogram: Float64Array): void {
    this.#free.push(histogram);
  }

  /** Fills a histogram with rows[start … end − 1]; `packed` has one double a row of the table. */
  fill(
    into: Float64Array,
    rows: Int32Array,
    start: number,
    end: number,
    packed: Float64Array,
  ): void {
    const { stride, words } = this.#table;
    for (let from = start; from < end; from += CHUNK) {
      const until = Math.min(end, from + CHUNK);
      for (let at = from; at < until; at += BLOCK) {
        const count = Math.min(BLOCK, until - at);
        this.#touched += gather(rows, at, count, words, stride, packed, this.#places, this.#values);
        this.#add(count);
      }
      for (const bundles of this.#bundles) {
        for (const one of bundles) this.#takeApart(into, one, from > start);
      }
    }
  }

  /** Adds a block's rows to the packed sums, a word of each row at a time. */
  #add(count: number): void {
    const { words } = this.#table;
    const sums = this.#packed;
    const places = this.#places;
    const values = this.#values;
    for (let i = 0; i < this.#groups.length; i += 1) {
      const group = this.#groups[i] ?? 0;
      const bundles = this.#bundles[i] ?? [];
      const o0 = bundles[0]?.start ?? 0;
      const o1 = bundles[1]?.start ?? 0;
      const o2 = bundles[2]?.start ?? 0;
      const o3 = bundles[3]?.start ?? 0;
      if (bundles.length === 4) addFour(sums, words, group, places, values, count, o0, o1, o2, o3);
      else if (bundles.length === 3)
        addThree(sums, words, group, places, values, count, o0, o1, o2);
      else if (bundles.length === 2) addTwo(sums, words, group, places, values, count, o0, o1);
      else addOne(sums, words, group, places, values, count, o0);
    }
  }

  /** Makes a parent's histogram that of its other child. */
  subtract(parent: Float64Array, child: Float64Array): void {
    const { offset } = this.#table;
    for (const bundles of this.#bundles) {
      for (const { parts } of bundles) {
        for (const { column } of parts) {
          const end = 3 * (offset[column + 1] ?? 0);
          for (let i = 3 * (offset[column] ?? 0); i < end; i += 1) {
            parent[i] = (parent[i] ?? 0) - (child[i] ?? 0);
          }
        }
      }
    }
  }

  /** Moves a bundle's packed sums to its columns' histograms, adding or overwriting. */
  #takeApart(into: Float64Array, { size, start, parts }: Bundle, add: boolean): void {
    const { offset } = this.#table;
    const [only, second] = parts;
    if (only !== undefined && second === undefined) {
      takeApart(
        this.#packed,
        start,
        size,
        this.#packing,
        into,
        3 * (offset[only.column] ?? 0),
        add,
      );
      return;
    }
    takeApart(this.#packed, start, size, this.#packing, this.#joint, 0, false);
    for (const { column, weight, size: bins } of parts) {
      const first = 3 * (offset[column] ?? 0);
      if (!add) into.fill(0, first, first + 3 * bins);
      for (let value = 0; value < size; value += 1) {
        const at = first + 3 * (Math.floor(value / weight) % bins);
        into[at] = (into[at] ?? 0) + (this.#joint[3 * value] ?? 0);
        into[at + 1] = (into[at + 1] ?? 0) + (this.#joint[3 * value + 1] ?? 0);
        into[at + 2] = (into[at + 2] ?? 0) + (this.#joint[3 * value + 2] ?? 0);
      }
    }
  }
}

/** Moves packed[start … start + size − 1] to gradients, hessians and counts from `first` on. */
function takeApart(
  packed: Float64Array,
  start: number,
  size: number,
  { hessianUnit, countUnit }: Packing,
  into: Float64Array,
  first: number,
  add: boolean,
): void {
  // Powers of two: the products are exact.
  const perHessian = 1 / hessianUnit;
  const perCount = 1 / countUnit;
  const half = hessianUnit / 2;
  const keep = add ? 1 : 0;
  for (let i = 0; i < size; i += 1) {
    const sum = packed[start + i] ?? 0;
    packed[start + i] = 0;
    // The gradient is signed: half a unit up, so that a negative one borrows nothing.
    const count = Math.floor((sum + half) * perCount);
    const rest = sum - count * countUnit;
    const hessian = Math.floor((rest + half) * perHessian);
    const at = first + 3 * i;
    into[at] = keep * (into[at] ?? 0) + rest - hessian * hessianUnit;
    into[at + 1] = keep * (into[at + 1] ?? 0) + hessian;
    into[at + 2] = keep * (into[at + 2] ?? 0) + count;
  }
}

/**
 * Collects once what every group of columns reads again, and reads a word of each row: many reads wait
 * for memory at the same time here, few where they are added.
 */
function gather(
  rows: Int32Array,
  from: number,
  count: number,
  words: Uint32Array,
  stride: number,
  packed: Float64Array,
  places: Int32Array,
  values: Float64Array,
): number {
  let touched = 0;
  for (let i = 0; i < count; i += 1) {
    const row = rows[from + i] ?? 0;
    const place = row * stride;
    places[i] = place;
    values[i] = packed[row] ?? 0;
    touched = (touched + (words[place] ?? 0)) | 0;
  }
  return touched;
}

function addFour(
  into: Float64Array,
  words: Uint32Array,
  group: number,
  places: Int32Array,
  values: Float64Array,
  count: number,
  o0: number,
  o1: number,
  o2: number,
  o3: number,
): void {
  for (let i = 0; i < count; i += 1) {
    const bytes = words[(places[i] ?? 0) + group] ?? 0;
    const value = values[i] ?? 0;
    const a = o0 + (bytes & 255);
    const b = o1 + ((bytes >>> 8) & 255);
    const c = o2 + ((bytes >>> 16) & 255);
    const d = o3 + (bytes >>> 24);
    into[a] = (into[a] ?? 0) + value;
    into[b] = (into[b] ?? 0) + value;
    into[c] = (into[c] ?? 0) + value;
    into[d] = (into[d] ?? 0) + value;
  }
}

function addThree(
  into: Float64Array,
  words: Uint32Array,
  group: number,
  places: Int32Array,
  values: Float64Array,
  count: number,
  o0: number,
  o1: number,
  o2: number,
): void {
  for (let i = 0; i < count; i += 1) {
    const bytes = words[(places[i] ?? 0) + group] ?? 0;
    const value = values[i] ?? 0;
    const a = o0 + (bytes & 255);
    const b = o1 + ((bytes >>> 8) & 255);
    const c = o2 + ((bytes >>> 16) & 255);
    into[a] = (into[a] ?? 0) + value;
    into[b] = (into[b] ?? 0) + value;
    into[c] = (into[c] ?? 0) + value;
  }
}

function addTwo(
  into: Float64Array,
  words: Uint32Array,
  group: number,
  places: Int32Array,
  values: Float64Array,
  count: number,
  o0: number,
  o1: number,
): void {
  for (let i = 0; i < count; i += 1) {
    const bytes = words[(places[i] ?? 0) + group] ?? 0;
    const value = values[i] ?? 0;
    const a = o0 + (bytes & 255);
    const b = o1 + ((bytes >>> 8) & 255);
    into[a] = (into[a] ?? 0) + value;
    into[b] = (into[b] ?? 0) + value;
  }
}

function addOne(
  into: Float64Array,
  words: Uint32Array,
  group: number,
  places: Int32Array,
  values: Float64Array,
  count: number,
  offset: number,
): void {
  for (let i = 0; i < count; i += 1) {
    const at = offset + ((words[(places[i] ?? 0) + group] ?? 0) & 255);
    into[at] = (into[at] ?? 0) + (values[i] ?? 0);
  }
}
