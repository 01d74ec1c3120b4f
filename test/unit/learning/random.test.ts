import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { substream, xoshiro128 } from '#learning/random.ts';
import { thrownBy } from './made-up-table.ts';

const first = (count: number, ...names: (string | number)[]) => {
  const random = substream(7, ...names);
  return Array.from({ length: count }, () => random.nextUint32());
};

describe('the generator', () => {
  it("gives the authors' numbers for the state 1, 2, 3, 4", () => {
    // As in the tests of rand_xoshiro, made with the reference C code.
    const random = xoshiro128(1, 2, 3, 4);
    expect(Array.from({ length: 10 }, () => random.nextUint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  it('never changes the stream of a seed and a name', () => {
    const random = substream(0, 'tree', 0);
    expect(Array.from({ length: 4 }, () => random.nextUint32())).toEqual([
      772787000, 3215483182, 3659201772, 896946254,
    ]);
  });
});

describe('a substream', () => {
  it('differs where a name is split, numbered or reordered in another way', () => {
    const streams = [['a', 'b'], ['ab'], ['b', 'a'], ['1'], [1], [], ['a', 'b', 0]];
    expect(new Set(streams.map((names) => first(3, ...names).join())).size).toBe(streams.length);
  });

  it('takes 0 and negative seeds, each with a stream of its own', () => {
    const seeds = [0, -1, 1, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map((seed) => substream(seed).nextUint32())).size).toBe(4);
    expect(substream(-0).nextUint32()).toBe(substream(0).nextUint32());
  });

  it('refuses a seed that is no whole number', () => {
    for (const seed of [0.5, Number.NaN, Infinity, 2 ** 53]) {
      expect(thrownBy(() => substream(seed)).name).toBe('SeedInvalid');
    }
  });

  it('draws whole numbers below any bound, evenly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.integer(), (n, seed) => {
        const drawn = substream(seed).nextInt(n);
        return Number.isInteger(drawn) && drawn >= 0 && drawn < n;
      }),
    );
    const counts = new Array<number>(7).fill(0);
    const random = substream(3);
    for (let i = 0; i < 70_000; i += 1) counts[random.nextInt(7)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it("draws as Lemire's method does in whole numbers, on both sides of 2^21", () => {
    for (const n of [3, 2 ** 21, 2 ** 21 + 1, 3_000_000_000, 2 ** 32]) {
      const bound = BigInt(n);
      const bits = substream(5);
      const random = substream(5);
      for (let draw = 0; draw < 200; draw += 1) {
        let product = BigInt(bits.nextUint32()) * bound;
        while ((product & 0xffff_ffffn) < 2n ** 32n % bound) {
          product = BigInt(bits.nextUint32()) * bound;
        }
        expect(random.nextInt(n)).toBe(Number(product >> 32n));
      }
    }
  });

  it('draws normals of mean 0 and variance 1, and floats in [0, 1)', () => {
    const random = substream(9);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < 50_000; i += 1) {
      const value = random.nextNormal();
      sum += value;
      squares += value * value;
      const float = random.nextFloat();
      if (!(float >= 0 && float < 1)) throw new Error(`${float} is outside`);
    }
    expect(Math.abs(sum / 50_000)).toBeLessThan(0.02);
    expect(Math.abs(squares / 50_000 - 1)).toBeLessThan(0.03);
  });
});

it('counts the draws that it would make one by one, and goes on from there', () => {
  for (const places of [0, 1, 5, 1000, 2_100_000]) {
    const [whole, single] = [substream(9, 'draws'), substream(9, 'draws')];
    const counts = new Uint8Array(places);
    whole.countDraws(counts);
    const expected = new Uint8Array(places);
    for (let i = 0; i < places; i += 1) expected[single.nextInt(places)]! += 1;
    expect(counts).toEqual(expected);
    expect(whole.nextUint32()).toBe(single.nextUint32());
  }
});
