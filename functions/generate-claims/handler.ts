/** Synthetic claims on demand: the same for the same seed, and 0 is a seed. */
import { claims } from '#claims/generate.ts';
import type { Identity } from '#domain/ports/identity.ts';
import { httpFunction, on } from '#edge/edge.ts';
import { ROUTES } from '#contracts/routes.ts';
import type { Log } from '#domain/ports/log.ts';

/** GET /claims/generate?n&seed. */
export const generateClaims = (deps: { readonly identity: Identity; readonly log: Log }) =>
  httpFunction('generate-claims', deps, [
    on(ROUTES.claims, ({ query: { n, seed } }) =>
      Promise.resolve({
        status: 200,
        body: { claims: Array.from(claims({ rows: n, seed }), (claim) => ({ ...claim })), seed },
      }),
    ),
  ]);
