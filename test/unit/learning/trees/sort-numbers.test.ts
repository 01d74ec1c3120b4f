import { describe, expect, it } from 'vitest';
import { substream } from '#learning/random.ts';
import { sortNumbers } from '#learning/trees/sort-numbers.ts';

const random = substream(3, 'sort');
const bits = new DataView(new ArrayBuffer(8));
/** Any pattern of 64 bits but NaN's. */
function anyDouble(): number {
  bits.setUint32(0, random.nextUint32());
  bits.setUint32(4, random.nextUint32());
  const number = bits.getFloat64(0);
  return Number.isNaN(number) ? 0 : number;
}
const least = Number.MIN_VALUE;
const SPECIAL = [0, -0, least, -least, 2 ** -1022, Number.MAX_VALUE, -Infinity, Infinity, 1, -1];

const KINDS: Record<string, () => number> = {
  'any bits': anyDouble,
  'normal deviates': () => random.nextNormal(),
  'whole numbers': () => random.nextInt(300) - 150,
  'one number': () => 7,
  'zeros of both signs and the ends of the range': () => SPECIAL[random.nextInt(SPECIAL.length)]!,
};

describe('sorting numbers by their bits', () => {
  it.each(Object.keys(KINDS))('gives what comparisons give: %s', (kind) => {
    for (const count of [0, 1, 1999, 2000, 2001, 20_000]) {
      const numbers = new Float64Array(count + 3).map(KINDS[kind]!);
      // A part of an array, as where a column has holes; the rest stays as it was.
      const part = numbers.subarray(1, count + 1);
      const expected = [...numbers.slice(1, count + 1).sort()];
      const rest = [numbers[0], numbers[count + 1], numbers[count + 2]];
      expect(sortNumbers(part)).toBe(part);
      // Object.is tells −0 from 0.
      expect([...part].every((number, i) => Object.is(number, expected[i]))).toBe(true);
      expect([numbers[0], numbers[count + 1], numbers[count + 2]]).toEqual(rest);
    }
  });
});
