/** Read, decide, write if nobody wrote meanwhile, and again: the one loop of every such change. */
import { type ErrorName, isNamed, TitleholderError } from './errors.ts';

/** Races lost in a row before a change gives up; a step's own retry comes later, with jitter. */
const TRIES = 10;

/** Says that somebody else stored the revision that `what` was to get. */
export function revisionTaken(what: string, revision: number): TitleholderError {
  return new TitleholderError(
    'Conflict',
    `${what} is no longer at revision ${revision - 1}; read it again`,
    { revision },
  );
}

/** A change as proposed on the stored state. */
export interface Change<T> {
  /** What the caller gets once `write` succeeded. */
  readonly result: T;
  /** Absent where the stored state needs no change. */
  readonly write?: () => Promise<void>;
}

/**
 * Makes a change by compare-and-swap: `propose` reads and decides, anew after each lost race, so that
 * its refusal holds for the state as stored now.
 *
 * @param of.lost names of the errors of `write` that mean a lost race; `Conflict` unless given.
 *
 * Throws what `propose` and `write` throw; after `tries` lost races in a row the last one's error.
 */
export async function compareAndSwap<T>(
  propose: () => Promise<Change<T>>,
  of: { readonly tries?: number; readonly lost?: readonly ErrorName[] } = {},
): Promise<T> {
  const { tries = TRIES, lost = ['Conflict'] } = of;
  for (let tried = 1; ; tried += 1) {
    const { result, write } = await propose();
    if (write === undefined) return result;
    try {
      await write();
      return result;
    } catch (error) {
      if (!isNamed(error, ...lost)) throw error;
      if (tried < tries) continue;
      throw new TitleholderError(
        error.name,
        `${error.message} (${tries} races lost in a row)`,
        error.details,
        { cause: error },
      );
    }
  }
}
