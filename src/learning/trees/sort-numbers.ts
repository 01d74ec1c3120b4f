/** Numbers in ascending order, by their bits: a table's columns are sorted whole to find their bins. */

/** Bits of a digit; a double has six of them, three a half. */
const BITS = 11;
const VALUES = 2 ** BITS;
/** Below so many numbers the digits' counts cost more than comparisons. */
const WORTH = 2000;

/**
 * Sorts in place, as `Float64Array.prototype.sort` does: −0 before 0. Takes no NaN.
 *
 * Radix sort, least digit first (Knuth, The Art of Computer Programming 3, section 5.2.5): doubles are in
 * the order of their bits once the sign bit of the positive ones and all bits of the negative ones are
 * turned. Words are little-endian, as on every machine that Node runs on.
 */
export function sortNumbers(numbers: Float64Array): Float64Array {
  if (numbers.length < WORTH) return numbers.sort();
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length);
  turn(words, 1);
  const counts = countDigits(words);
  let from: Uint32Array = words;
  let to: Uint32Array = new Uint32Array(words.length);
  for (let digit = 0; digit < 6; digit += 1) {
    const places = counts.subarray(digit * VALUES, (digit + 1) * VALUES);
    if (!placesOf(places, words.length)) continue;
    move(from, to, places, digit < 3 ? 0 : 1, BITS * (digit % 3));
    [from, to] = [to, from];
  }
  if (from !== words) words.set(from);
  turn(words, 0);
  return numbers;
}

/** Turns bits of numbers to keys, or back; `negative` is the sign bit that a negative one has before it. */
function turn(words: Uint32Array, negative: 0 | 1): void {
  for (let i = 0; i < words.length; i += 2) {
    const high = words[i + 1] ?? 0;
    if (high >>> 31 === negative) {
      words[i] = ~(words[i] ?? 0);
      words[i + 1] = ~high;
    } else words[i + 1] = high ^ 0x8000_0000;
  }
}

/** In words of keys: how many have each value of each digit. */
function countDigits(words: Uint32Array): Uint32Array {
  const counts = new Uint32Array(6 * VALUES);
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? 0;
    let at = (i & 1) * 3 * VALUES + (word & (VALUES - 1));
    counts[at] = (counts[at] ?? 0) + 2;
    at = ((i & 1) * 3 + 1) * VALUES + ((word >>> BITS) & (VALUES - 1));
    counts[at] = (counts[at] ?? 0) + 2;
    at = ((i & 1) * 3 + 2) * VALUES + (word >>> (2 * BITS));
    counts[at] = (counts[at] ?? 0) + 2;
  }
  return counts;
}

/** Makes of counts where each value's keys begin; false where one value has all. */
function placesOf(counts: Uint32Array, words: number): boolean {
  let place = 0;
  for (let value = 0; value < VALUES; value += 1) {
    const taken = counts[value] ?? 0;
    if (taken === words) return false;
    counts[value] = place;
    place += taken;
  }
  return true;
}

/** Moves keys to the order of one digit, equal ones in their own. */
function move(
  from: Uint32Array,
  to: Uint32Array,
  places: Uint32Array,
  half: number,
  shift: number,
): void {
  for (let i = 0; i < from.length; i += 2) {
    const value = ((from[i + half] ?? 0) >>> shift) & (VALUES - 1);
    const at = places[value] ?? 0;
    places[value] = at + 2;
    to[at] = from[i] ?? 0;
    to[at + 1] = from[i + 1] ?? 0;
  }
}
