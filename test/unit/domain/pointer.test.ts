import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allTraffic,
  assertRoutes,
  drawOf,
  type Pointer,
  pointerTo,
  ROUTE_ROLES,
  routeFor,
  routesProblem,
  serveOnly,
  type ServingRoute,
} from '#domain/pointer.ts';
import { ulid } from '#adapters/system/ids.ts';
import { hashOf } from './support/entries.ts';

const to = { model: 'm', slot: 'production', version: 2, sha256: hashOf(2) } as const;
const NOW = '2026-01-01T00:00:00.000Z';
const pointer = pointerTo(undefined, { ...to, now: NOW });
const route = (version: number, share: number, role: ServingRoute['role']): ServingRoute => ({
  version,
  sha256: hashOf(version),
  share,
  role,
});
const routed = (...routes: ServingRoute[]): Pointer => ({ ...pointer, routes });

/** Pointers of one champion and up to four others, whose shares are weights of whole numbers. */
const pointers = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 })
  .filter((weights) => weights.some((weight) => weight > 0))
  .chain((weights) =>
    fc.integer({ min: 0, max: weights.length - 1 }).map((champion) => {
      const sum = weights.reduce((a, b) => a + b, 0);
      return routed(
        ...weights.map((weight, i) =>
          i === champion
            ? route(2, weight / sum, 'champion')
            : route(10 + i, weight / sum, ROUTE_ROLES[1 + (i % 3)] ?? 'canary'),
        ),
      );
    }),
  );
const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('pointerTo', () => {
  it('sends all traffic to one version, a revision later each time', () => {
    expect(pointer).toEqual({
      schemaVersion: 1,
      ...to,
      revision: 1,
      routes: [{ version: 2, sha256: hashOf(2), share: 1, role: 'champion' }],
      updatedAt: NOW,
    });
    expect(pointerTo(pointer, { ...to, version: 3, sha256: hashOf(3), now: NOW })).toMatchObject({
      revision: 2,
      version: 3,
      routes: allTraffic(3, hashOf(3)),
    });
    expect(routesProblem(pointer)).toBeUndefined();
  });
});

describe('routesProblem', () => {
  it.each<readonly [string, readonly ServingRoute[]]>([
    ['the shares add up to 0, not 1', []],
    ['the shares add up to 0.9, not 1', [route(2, 0.9, 'champion')]],
    [
      'the share of version 3 is 1.5, not 0 to 1',
      [route(2, -0.5, 'champion'), route(3, 1.5, 'canary')].reverse(),
    ],
    ['the share of version 2 is NaN, not 0 to 1', [route(2, Number.NaN, 'champion')]],
    ["0 routes are the champion's, not one", [route(2, 1, 'variant')]],
    [
      "2 routes are the champion's, not one",
      [route(2, 0.5, 'champion'), route(2, 0.5, 'champion')],
    ],
    ["the champion's route bears version 3, the pointer 2", [route(3, 1, 'champion')]],
    [
      "the champion's route bears version 2, the pointer 2",
      [{ ...route(2, 1, 'champion'), sha256: hashOf(9) }],
    ],
  ])('%s', (problem, routes) => {
    expect(routesProblem(routed(...routes))).toBe(problem);
    expect(() => {
      assertRoutes(routed(...routes));
    }).toThrow(`the production pointer of m: ${problem}`);
  });

  it('takes shares that add up to 1 but for rounding', () => {
    const tenths = Array.from({ length: 9 }, (_, i) => route(10 + i, 0.1, 'variant'));
    expect(routesProblem(routed(route(2, 0.1, 'champion'), ...tenths))).toBeUndefined();
    fc.assert(
      fc.property(pointers, (p) => routesProblem(p) === undefined),
      { seed: 1 },
    );
  });
});

describe('serveOnly', () => {
  it('is said of one champion with all traffic, and of nothing else', () => {
    const of = { version: 2, sha256: hashOf(2) };
    expect(serveOnly(pointer.routes, of)).toBe(true);
    expect(serveOnly(pointer.routes, { ...of, sha256: hashOf(3) })).toBe(false);
    expect(serveOnly([], of)).toBe(false);
    expect(serveOnly([route(2, 1, 'canary')], of)).toBe(false);
    expect(serveOnly([route(2, 0.9, 'champion'), route(3, 0.1, 'canary')], of)).toBe(false);
    expect(serveOnly([route(2, 1, 'champion'), route(3, 0, 'canary')], of)).toBe(false);
    expect(serveOnly([route(2, 0.9, 'champion')], of)).toBe(false);
  });
});

describe('routeFor', () => {
  it('goes the same way for the same draw', () => {
    fc.assert(
      fc.property(pointers, draws, (p, draw) => {
        expect(routeFor(p, draw)).toBe(routeFor(p, draw));
        expect(p.routes).toContain(routeFor(p, draw));
      }),
      { seed: 1 },
    );
  });

  it('gives each route its share of evenly spread draws, and none to a share of 0', () => {
    const DRAWS = 10_000;
    fc.assert(
      fc.property(pointers, (p) => {
        const counts = new Map<ServingRoute, number>();
        for (let i = 0; i < DRAWS; i++) {
          const chosen = routeFor(p, i / DRAWS);
          counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
        }
        for (const one of p.routes) {
          // Each of its two ends may fall between two draws.
          expect(Math.abs((counts.get(one) ?? 0) - one.share * DRAWS)).toBeLessThanOrEqual(2);
          if (one.share === 0) expect(counts.has(one)).toBe(false);
        }
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it.each([
    [0, 2],
    [0.25 - 2 ** -54, 2],
    [0.25, 3],
    [0.75, 4],
    [1 - 2 ** -53, 4],
  ])('takes a share from its beginning on, and without its end: %d', (draw, version) => {
    const p = routed(
      route(2, 0.25, 'champion'),
      route(3, 0.5, 'canary'),
      route(4, 0.25, 'variant'),
    );
    expect(routeFor(p, draw).version).toBe(version);
  });

  it('has an answer for the highest draw, where the shares add up to less than 1 by rounding', () => {
    const tenths = Array.from({ length: 9 }, (_, i) => route(10 + i, 0.1, 'variant'));
    const p = routed(route(2, 0.1, 'champion'), ...tenths, route(30, 0, 'canary'));
    expect(p.routes.reduce((sum, { share }) => sum + share, 0)).toBeLessThan(1);
    expect(routeFor(p, 1 - 2 ** -53).version).toBe(18);
  });
});

describe('drawOf', () => {
  it('is the same for the same id, and even over ids of one moment', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) =>
      ulid(
        1_700_000_000_000,
        Uint8Array.from({ length: 16 }, (_x, k) => (i >> k) & 31),
      ),
    );
    const all = ids.map(drawOf);
    expect(all).toEqual(ids.map(drawOf));
    expect(all.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    const canary = routed(route(2, 0.9, 'champion'), route(3, 0.1, 'canary'));
    const share = all.filter((d) => routeFor(canary, d).role === 'canary').length / all.length;
    // Four standard errors of a share of 0.1 among 20,000.
    expect(Math.abs(share - 0.1)).toBeLessThan(0.0085);
  });
});
