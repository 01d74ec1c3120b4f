/** Synthetic claims on demand: the same for the same seed, and 0 is a seed. */
import { claims } from '../../dataset/generate-claims.ts';
import type { Identity } from '../../domain/ports.ts';
import { httpFunction, on } from '../../http/edge.ts';
import { ROUTES } from '../../http/routes.ts';
import type { Log } from '../../release/log.ts';

/** GET /claims/generate?n&seed. */
export const generateClaims = (deps: { readonly identity: Identity; readonly log: Log }) =>
  httpFunction('generate-claims', deps, [
    on(ROUTES.claims, ({ query: { n, seed } }) =>
      Promise.resolve({ status: 200, body: { claims: [...claims({ rows: n, seed })], seed } }),
    ),
  ]);
