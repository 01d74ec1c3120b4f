/**
 * Seeded chance: xoshiro128** 1.1 (Blackman and Vigna 2018, prng.di.unimi.it/xoshiro128starstar.c),
 * its state filled by splitmix64 (Steele, Lea and Flood 2014) from the 64-bit FNV-1a hash of the
 * stream's name. Not for secrets.
 */
import { LearningError } from './errors.ts';

export interface Random {
  /** Uniform over 0 … 2^32 − 1. */
  nextUint32(): number;
  /** Uniform over [0, 1) with 53 bits. */
  nextFloat(): number;
  /** Uniform over 0 … n − 1 without bias; n from 1 to 2^32. */
  nextInt(n: number): number;
  /** Draws as often as `counts` is long, each time one of its places, and adds 1 there, as `nextInt` would. */
  countDraws(counts: Uint8Array): void;
  /** Standard normal, by the polar method; goes through Math.log, so another engine may differ in the last bit. */
  nextNormal(): number;
}

const MASK = 0xffff_ffff_ffff_ffffn;
const ENCODER = new TextEncoder();

/**
 * The named stream of a master seed: the same names give the same numbers, other names independent ones.
 *
 * `seed` is any safe integer (0 is a seed). Throws `SeedInvalid` where the seed, or a number among the
 * names, isn't one.
 */
export function substream(seed: number, ...names: readonly (string | number)[]): Random {
  // Type and length are part of the text, so that ('a', 'b'), ('ab') and (1), ('1') are four streams.
  let text = '';
  for (const name of [seed, ...names]) {
    if (typeof name === 'number') {
      if (!Number.isSafeInteger(name)) {
        throw new LearningError('SeedInvalid', `a seed is a whole number, not ${name}`);
      }
      text += `n${String(name === 0 ? 0 : name)};`;
    } else {
      text += `s${name.length}:${name};`;
    }
  }
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (const byte of ENCODER.encode(text)) hash = ((hash ^ BigInt(byte)) * 0x100_0000_01b3n) & MASK;
  const words: number[] = [];
  for (let i = 0; i < 2; i += 1) {
    hash = (hash + 0x9e37_79b9_7f4a_7c15n) & MASK;
    let z = hash;
    z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK;
    z ^= z >> 31n;
    words.push(Number(z & 0xffff_ffffn), Number(z >> 32n));
  }
  const [a = 0, b = 0, c = 0, d = 0] = words;
  return xoshiro128(a, b, c, d);
}

/** The generator itself, from four 32-bit words that aren't all 0 (from a hash they never are). */
export function xoshiro128(a: number, b: number, c: number, d: number): Random {
  let s0 = a | 0;
  let s1 = b | 0;
  let s2 = c | 0;
  let s3 = d | 0;
  let spare = Number.NaN;

  const nextUint32 = (): number => {
    const x = Math.imul(s1, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result;
  };
  const nextFloat = (): number => {
    const high = nextUint32() >>> 5;
    const low = nextUint32() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  };
  const nextInt = (n: number): number => {
    if (!(Number.isInteger(n) && n >= 1 && n <= 4_294_967_296)) {
      throw new LearningError('SeedInvalid', `a draw needs 1 to 2^32 outcomes, not ${n}`);
    }
    // Lemire 2019, "Fast random integer generation in an interval": the high half of a 64-bit
    // product, with the few low halves that would bias it rejected. Both halves are exact in doubles
    // because they are made from 16-bit parts.
    for (;;) {
      const x = nextUint32();
      if (n <= 2_097_152) {
        // The product is below 2^53, so it is exact as it stands.
        const product = x * n;
        const whole = Math.floor(product / 4_294_967_296);
        const rest = product - whole * 4_294_967_296;
        if (rest >= n || rest >= 4_294_967_296 % n) return whole;
        continue;
      }
      const low = (x & 0xffff) * n;
      const mid = (x >>> 16) * n + Math.floor(low / 65_536);
      const high = Math.floor(mid / 65_536);
      const fraction = (mid % 65_536) * 65_536 + (low % 65_536);
      if (fraction >= n || fraction >= 4_294_967_296 % n) return high;
    }
  };
  // `nextInt` written out over local state, which stays in registers: a forest draws every row of every tree.
  const countDraws = (counts: Uint8Array): void => {
    const n = counts.length;
    if (n > 2_097_152) {
      for (let i = 0; i < n; i += 1) {
        const place = nextInt(n);
        counts[place] = (counts[place] ?? 0) + 1;
      }
      return;
    }
    const least = n === 0 ? 0 : 4_294_967_296 % n;
    let a = s0;
    let b = s1;
    let c = s2;
    let d = s3;
    for (let left = n; left > 0; ) {
      const x = Math.imul(b, 5);
      const product = (Math.imul((x << 7) | (x >>> 25), 9) >>> 0) * n;
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      const whole = Math.floor(product * 2 ** -32);
      if (product - whole * 4_294_967_296 < least) continue;
      counts[whole] = (counts[whole] ?? 0) + 1;
      left -= 1;
    }
    s0 = a;
    s1 = b;
    s2 = c;
    s3 = d;
  };
  const nextNormal = (): number => {
    if (!Number.isNaN(spare)) {
      const value = spare;
      spare = Number.NaN;
      return value;
    }
    for (;;) {
      const u = 2 * nextFloat() - 1;
      const v = 2 * nextFloat() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * scale;
        return u * scale;
      }
    }
  };
  return { nextUint32, nextFloat, nextInt, countDraws, nextNormal };
}
