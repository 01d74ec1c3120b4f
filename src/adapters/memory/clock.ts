import type { Clock } from '#domain/ports/clock.ts';

export interface MemoryClock extends Clock {
  /** Moves the time forward. */
  advance(millis: number): void;
}

/** A clock that stands still until it is moved. @param start ISO 8601 UTC. */
export function memoryClock(start = '2026-01-01T00:00:00.000Z'): MemoryClock {
  let millis = Date.parse(start);
  return {
    now: () => new Date(millis).toISOString(),
    advance(by) {
      millis += by;
    },
  };
}
