/** Fits one after another, within the time that somebody else sets. */
import { TitleholderError } from '#domain/errors.ts';

/** Kept free for storing the result and answering. */
const RESERVE_SECONDS = 5;

export interface TimeLimit {
  /** Seconds since any fixed moment. */
  readonly stopwatch: () => number;
  /** Absent: as many as it takes. */
  readonly secondsLeft?: () => number;
}

/**
 * Runs each fit of `needed` alike ones, and stops before one that no longer fits into the time left if it
 * takes as long as the longest so far: who is cut off says nothing.
 *
 * The first one's duration is unknown beforehand, unless `expected` gives it in seconds. Throws
 * `OutOfTime`.
 */
export function withinTime(
  what: string,
  needed: number,
  { stopwatch, secondsLeft }: TimeLimit,
  expected = 0,
): <T>(fit: () => T) => T {
  let done = 0;
  let longest = expected;
  const begun = stopwatch();
  return (fit) => {
    const start = stopwatch();
    const left = secondsLeft?.() ?? Infinity;
    if (longest > 0 && !(left >= longest + RESERVE_SECONDS)) {
      const [took, most, rest] = [start - begun, longest, left].map((s) => s.toFixed(1));
      throw new TitleholderError(
        'OutOfTime',
        `${what}: ${done} of ${needed} fits took ${took} s, up to ${most} s each, and the next one doesn’t fit into the ${rest} s left: fewer folds (plan.folds), fewer trees or rounds, or settings.sampleRows make it fit`,
        { done, needed },
      );
    }
    const found = fit();
    done += 1;
    longest = Math.max(longest, stopwatch() - start);
    return found;
  };
}
