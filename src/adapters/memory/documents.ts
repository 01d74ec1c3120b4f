/** Documents as a table keeps them: copied in and out, put if absent, or moved by their revision. */
import { revisionTaken } from '#domain/compare-and-swap.ts';

/** A copy, so that changing the value in hand doesn't change the stored one. */
export function copy<T>(value: T): T {
  return structuredClone(value);
}

export function putIfAbsent<T>(map: Map<string, T>, key: string, value: T): boolean {
  if (map.has(key)) return false;
  map.set(key, copy(value));
  return true;
}

/** Stores it over the revision before its own; absent counts as 0. Throws `Conflict`, naming it. */
export function putNext<T extends { readonly revision: number }>(
  map: Map<string, T>,
  key: string,
  value: T,
  what: string,
): void {
  if ((map.get(key)?.revision ?? 0) !== Math.max(0, value.revision - 1)) {
    throw revisionTaken(what, value.revision);
  }
  map.set(key, copy(value));
}
