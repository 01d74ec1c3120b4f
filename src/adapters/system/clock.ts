import type { Clock } from '#domain/ports/clock.ts';

/** The machine's clock. */
export function systemClock(): Clock {
  return { now: () => new Date().toISOString() };
}
