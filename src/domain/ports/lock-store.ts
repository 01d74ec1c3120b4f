import type { Lock } from '#domain/lock.ts';

export interface LockStore {
  get(model: string): Promise<Lock | undefined>;
  /** Stores the lock if the stored revision is `lock.revision - 1` (absent counts as 0). Throws `Conflict`. */
  put(lock: Lock): Promise<void>;
}
