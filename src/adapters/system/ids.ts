import { randomBytes } from 'node:crypto';
import type { Ids } from '#domain/ports/ids.ts';

/** Crockford's alphabet: no I, L, O, U, so that an id can be read aloud. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

/** ULIDs: 10 characters of time, so that ids sort by it, and 80 random bits. */
export function systemIds(): Ids {
  return { next: () => ulid(Date.now(), randomBytes(RANDOM_CHARACTERS)) };
}

/** @param random one byte a character; its low five bits count. */
export function ulid(millis: number, random: Uint8Array): string {
  let time = '';
  let left = millis;
  for (let i = 0; i < TIME_CHARACTERS; i++) {
    time = ALPHABET.charAt(left % 32) + time;
    left = Math.floor(left / 32);
  }
  return time + Array.from(random, (byte) => ALPHABET.charAt(byte & 31)).join('');
}
