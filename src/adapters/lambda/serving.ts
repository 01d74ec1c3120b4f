import type { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { parse } from '#contracts/parse.ts';
import { ServingRouteDocument } from '#contracts/serving-route.ts';
import { ROUTE_ROLES, type Slot } from '#domain/pointer.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Serving, ServingHealth } from '#domain/ports/serving.ts';
import { invoke } from './invoke.ts';

const Health = z.object({
  status: z.enum(['ok', 'degraded', 'empty']),
  stage: z.enum(['staging', 'production']),
  model: z.string(),
  version: z.union([z.int(), z.null()]),
  sha256: z.union([z.string(), z.null()]),
  routes: z.array(ServingRouteDocument),
  code: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  memoryMb: z.number(),
}) satisfies z.ZodType<ServingHealth>;

const Predictions = z.object({
  predictions: z.array(z.object({ id: z.string(), probability: z.number(), label: z.string() })),
  version: z.int(),
  sha256: z.string(),
  role: z.enum(ROUTE_ROLES),
});

/**
 * Serving by direct invocation of each slot's function: payload
 * `{internal: {path: '/predict' | '/health', model, records?}}`, answered by the plain document.
 *
 * Throws what the function threw by name, `Unavailable` when it didn't answer or crashed, and
 * `SmokeTestFailed` when it answered something else than asked for.
 */
export function lambdaServing(
  client: LambdaClient,
  functions: Readonly<Record<Slot, string>>,
): Serving {
  return {
    async health(slot, model) {
      const answer = await invoke(client, functions[slot], {
        internal: { path: '/health', model },
      });
      return parse(Health, answer, `the health of ${slot}`, 'SmokeTestFailed');
    },

    async predict(slot, model, records) {
      const began = performance.now();
      const answer = await invoke(client, functions[slot], {
        internal: { path: '/predict', model, records },
      });
      const millis = performance.now() - began;
      const parsed = parse(Predictions, answer, `the predictions of ${slot}`, 'SmokeTestFailed');
      if (parsed.predictions.length !== records.length) {
        throw new TitleholderError(
          'SmokeTestFailed',
          `${slot} answered ${parsed.predictions.length} predictions for ${records.length} rows`,
          { slot, model },
        );
      }
      return { ...parsed, millis };
    },
  };
}
