/** Which rows are equal: by their numbers and codes, without making a text a row. */

export interface Cells {
  /** One number a row where the column is one, NaN where it is missing; else empty. */
  readonly numbers: Float64Array;
  /** One index into its texts a row where the column isn't numbers, −1 where it is missing; else empty. */
  readonly codes: Int32Array;
}

/**
 * For every row (0-based) the first one with the same cells in these columns: itself where no earlier
 * row has them.
 *
 * Exact, and the same as comparing canonical texts: 0 and −0 are one cell, and so are two missing ones.
 */
export function firstEqual(columns: readonly Cells[], rows: number): Int32Array {
  const hashes = hashRows(columns, rows);
  const same = (row: number, other: number): boolean =>
    hashes[row] === hashes[other] && columns.every((column) => sameCell(column, row, other));
  // Open addressing, at most half full; a slot holds a row + 1, and 0 is a free one.
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * rows + 1)));
  const mask = slots.length - 1;
  const first = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let slot = (hashes[row] ?? 0) & mask;
    let found = (slots[slot] ?? 0) - 1;
    while (found !== -1 && !same(row, found)) {
      slot = (slot + 1) & mask;
      found = (slots[slot] ?? 0) - 1;
    }
    if (found === -1) slots[slot] = row + 1;
    first[row] = found === -1 ? row : found;
  }
  return first;
}

function sameCell({ numbers, codes }: Cells, row: number, other: number): boolean {
  if (numbers.length === 0) return codes[row] === codes[other];
  const [one = Number.NaN, two = Number.NaN] = [numbers[row], numbers[other]];
  return one === two || (Number.isNaN(one) && Number.isNaN(two));
}

function hashRows(columns: readonly Cells[], rows: number): Int32Array {
  const hashes = new Int32Array(rows);
  const number = new Float64Array(1);
  const bits = new Int32Array(number.buffer);
  for (const { numbers, codes } of columns) {
    for (let row = 0; row < rows; row += 1) {
      const hash = hashes[row] ?? 0;
      if (numbers.length === 0) {
        hashes[row] = mix(hash, codes[row] ?? -1);
        continue;
      }
      // −0 + 0 is 0. A missing number may have any of NaN's bits.
      number[0] = (numbers[row] ?? Number.NaN) + 0;
      hashes[row] = Number.isNaN(number[0])
        ? mix(hash, -1)
        : mix(mix(hash, bits[0] ?? 0), bits[1] ?? 0);
    }
  }
  return hashes;
}

/** Every bit of both moves the low ones, which choose the slot: MurmurHash3's finalizer (Appleby 2011). */
function mix(hash: number, bits: number): number {
  let mixed = hash ^ bits;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Rows (0-based) that are equal to an earlier one in these columns. */
export function repeatedRows(columns: readonly Cells[], rows: number): number[] {
  const found: number[] = [];
  firstEqual(columns, rows).forEach((first, row) => {
    if (first !== row) found.push(row);
  });
  return found;
}
