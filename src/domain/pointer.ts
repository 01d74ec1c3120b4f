/** What a slot serves: one pointer a model and slot, moved by compare-and-swap on its revision. */
import { sha256Hex } from './canonical.ts';
import { TitleholderError } from './errors.ts';

export const SLOTS = ['staging', 'production'] as const;
export type Slot = (typeof SLOTS)[number];

export const ROUTE_ROLES = ['champion', 'canary', 'control', 'variant'] as const;
export type RouteRole = (typeof ROUTE_ROLES)[number];

/** A version that a slot serves, and for which share of its requests. */
export interface ServingRoute {
  readonly version: number;
  readonly sha256: string;
  /** From 0 to 1; the shares of a pointer add up to 1. */
  readonly share: number;
  readonly role: RouteRole;
}

export interface Pointer {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly slot: Slot;
  readonly revision: number;
  /** The stable version, to which every abort returns: the champion's route bears it too. */
  readonly version: number;
  readonly sha256: string;
  /** All that is served, and all that serving reads; exactly one is the champion's. */
  readonly routes: readonly ServingRoute[];
  /** ISO 8601 UTC with milliseconds. */
  readonly updatedAt: string;
}

/** How far the sum of shares may be from 1: they are decimal fractions, and doubles. */
const SHARE_TOLERANCE = 1e-9;

/** The routes of a slot that serves one version to everybody. */
export function allTraffic(version: number, sha256: string): readonly ServingRoute[] {
  return [{ version, sha256, share: 1, role: 'champion' }];
}

/** Whether these routes serve this version, and no other, to everybody. */
export function serveOnly(
  routes: readonly ServingRoute[],
  of: { readonly version: number; readonly sha256: string },
): boolean {
  const [route, ...others] = routes;
  return (
    others.length === 0 &&
    route?.role === 'champion' &&
    route.share === 1 &&
    route.version === of.version &&
    route.sha256 === of.sha256
  );
}

/** The pointer after a move: the next revision, all traffic to one version. */
export function pointerTo(
  before: Pointer | undefined,
  to: Pick<Pointer, 'model' | 'slot' | 'version' | 'sha256'> & { readonly now: string },
): Pointer {
  const { now, ...pointer } = to;
  return {
    schemaVersion: 1,
    ...pointer,
    revision: (before?.revision ?? 0) + 1,
    routes: allTraffic(to.version, to.sha256),
    updatedAt: now,
  };
}

/** What is wrong with a pointer's routes, in one line; undefined when it can be served. */
export function routesProblem(
  pointer: Pick<Pointer, 'version' | 'sha256' | 'routes'>,
): string | undefined {
  const { version, sha256, routes } = pointer;
  for (const { version: of, share } of routes) {
    // NaN has to fail, too.
    if (!(share >= 0 && share <= 1)) return `the share of version ${of} is ${share}, not 0 to 1`;
  }
  const sum = routes.reduce((total, { share }) => total + share, 0);
  if (!(Math.abs(sum - 1) <= SHARE_TOLERANCE)) return `the shares add up to ${sum}, not 1`;
  const champions = routes.filter(({ role }) => role === 'champion');
  const [champion] = champions;
  if (champion === undefined || champions.length > 1) {
    return `${champions.length} routes are the champion's, not one`;
  }
  return champion.version === version && champion.sha256 === sha256
    ? undefined
    : `the champion's route bears version ${champion.version}, the pointer ${version}`;
}

/** Throws `BadInput` for a pointer that can't be served. */
export function assertRoutes(pointer: Pointer): void {
  const problem = routesProblem(pointer);
  if (problem === undefined) return;
  const { model, slot } = pointer;
  throw new TitleholderError('BadInput', `the ${slot} pointer of ${model}: ${problem}`, {
    model,
    slot,
  });
}

/**
 * The route of a request: each route takes its share of the draws from 0 (included) to 1 (excluded), in
 * the pointer's order, so that the same draw goes the same way as long as the routes stand.
 */
export function routeFor({ version, sha256, routes }: Pointer, draw: number): ServingRoute {
  let chosen: ServingRoute = { version, sha256, share: 1, role: 'champion' };
  let end = 0;
  for (const route of routes) {
    if (route.share === 0) continue;
    chosen = route;
    end += route.share;
    if (draw < end) break;
  }
  // Past the last end by rounding alone: that route's share reaches up to 1.
  return chosen;
}

/**
 * A draw from 0 (included) to 1 (excluded) out of an unguessable id: whoever has a prediction's id can
 * say which route it took.
 */
export function drawOf(id: string): number {
  return (
    Number.parseInt(sha256Hex(id).slice('sha256:'.length, 'sha256:'.length + 13), 16) / 2 ** 52
  );
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
