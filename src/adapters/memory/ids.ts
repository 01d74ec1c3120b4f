import type { Ids } from '#domain/ports/ids.ts';

/** Ids that count: 26 characters, in order, the same in every run of a test. */
export function memoryIds(): Ids {
  let count = 0;
  return { next: () => String(++count).padStart(26, '0') };
}
