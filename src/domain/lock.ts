/**
 * One release a model at a time: a lock with the queue of those who wait for it.
 *
 * One item a model, moved by compare-and-swap on `revision`; these functions only say what the next
 * item is.
 */

export interface Waiter {
  readonly runId: string;
  /** When the commit was stored: the queue's order. */
  readonly asOf: string;
  readonly attempt: number;
  readonly token: string;
}

export interface Lock {
  readonly model: string;
  readonly revision: number;
  readonly holder: string | null;
  readonly waiters: readonly Waiter[];
}

export function freeLock(model: string): Lock {
  return { model, revision: 0, holder: null, waiters: [] };
}

/** Takes a free lock, keeps one's own, or queues behind the holder in commit order. */
export function acquire(
  lock: Lock,
  waiter: Waiter,
): { readonly lock: Lock; readonly taken: boolean } {
  const others = lock.waiters.filter((w) => w.runId !== waiter.runId);
  if (lock.holder === null || lock.holder === waiter.runId) {
    return {
      taken: true,
      lock: { ...lock, revision: lock.revision + 1, holder: waiter.runId, waiters: others },
    };
  }
  const waiters = [...others, waiter].sort(
    (a, b) => compare(a.asOf, b.asOf) || compare(a.runId, b.runId),
  );
  return { taken: false, lock: { ...lock, revision: lock.revision + 1, waiters } };
}

/** Leaves the lock or the queue; the first waiter becomes the holder and must be woken. */
export function release(
  lock: Lock,
  runId: string,
): { readonly lock: Lock; readonly next: Waiter | undefined; readonly changed: boolean } {
  const waiters = lock.waiters.filter((w) => w.runId !== runId);
  if (lock.holder !== runId) {
    const changed = waiters.length !== lock.waiters.length;
    return {
      changed,
      next: undefined,
      lock: changed ? { ...lock, revision: lock.revision + 1, waiters } : lock,
    };
  }
  const [next, ...rest] = waiters;
  return {
    changed: true,
    next,
    lock: { ...lock, revision: lock.revision + 1, holder: next?.runId ?? null, waiters: rest },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
