import type { Holdout } from '#domain/holdout.ts';

export interface HoldoutStore {
  get(model: string): Promise<Holdout | undefined>;
  /** Stores it if the stored revision is `holdout.revision - 1` (absent counts as 0). Throws `Conflict`. */
  put(holdout: Holdout): Promise<void>;
}
