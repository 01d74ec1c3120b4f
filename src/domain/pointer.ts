/** What a slot serves: one pointer a model and slot, moved by compare-and-swap on its revision. */

export const SLOTS = ['staging', 'production'] as const;
export type Slot = (typeof SLOTS)[number];

export interface Pointer {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly slot: Slot;
  readonly revision: number;
  readonly version: number;
  readonly sha256: string;
  /** One route for now; canary splits the share later. */
  readonly routes: readonly { readonly version: number; readonly share: number }[];
  readonly updatedAt: string;
}

/** The champion that a challenger was compared with; null: there was none. */
export type ComparedWith = Pick<Pointer, 'version' | 'sha256' | 'revision'> | null;

/**
 * Whether production is still what a challenger was compared with. The revision counts too: a champion
 * that left and came back is another comparison.
 */
export function isStillChampion(compared: ComparedWith, production: Pointer | undefined): boolean {
  if (compared === null) return production === undefined;
  return (
    production?.revision === compared.revision &&
    production.version === compared.version &&
    production.sha256 === compared.sha256
  );
}
