/** Waits until a slot serves a version: its cache of the pointer lives for seconds. */
import { serveOnly, type Slot } from '#domain/pointer.ts';
import type { Serving, ServingHealth } from '#domain/ports/serving.ts';

/** 10 s in all, apart from the calls. */
const TRIES = 40;
const PAUSE_MILLIS = 250;

/** The health once the slot serves this version alone, or the last one seen after ten seconds. */
export async function waitUntilServing(
  deps: { readonly serving: Serving; readonly wait: (millis: number) => Promise<void> },
  slot: Slot,
  model: string,
  expected: { readonly version: number; readonly sha256: string },
): Promise<ServingHealth> {
  for (let attempt = 1; ; attempt += 1) {
    const health = await deps.serving.health(slot, model);
    if (isServing(health, expected) || attempt === TRIES) return health;
    await deps.wait(PAUSE_MILLIS);
  }
}

/** Whether this version is all that the slot serves. */
export function isServing(
  { version, sha256, routes }: ServingHealth,
  expected: { readonly version: number; readonly sha256: string },
): boolean {
  return version === expected.version && sha256 === expected.sha256 && serveOnly(routes, expected);
}
