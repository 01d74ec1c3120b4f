import type { LambdaClient } from '@aws-sdk/client-lambda';
import { DetailedHealth, PredictAnswer } from '#contracts/answers.ts';
import { parse } from '#contracts/parse.ts';
import type { Slot } from '#domain/pointer.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Serving } from '#domain/ports/serving.ts';
import { invoke } from './invoke.ts';

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
      return parse(DetailedHealth, answer, `the health of ${slot}`, 'SmokeTestFailed');
    },

    async predict(slot, model, records) {
      const began = performance.now();
      const answer = await invoke(client, functions[slot], {
        internal: { path: '/predict', model, records },
      });
      const millis = performance.now() - began;
      const { predictions, version, sha256, role } = parse(
        PredictAnswer,
        answer,
        `the predictions of ${slot}`,
        'SmokeTestFailed',
      );
      if (predictions.length !== records.length) {
        throw new TitleholderError(
          'SmokeTestFailed',
          `${slot} answered ${predictions.length} predictions for ${records.length} rows`,
          { slot, model },
        );
      }
      return { predictions, version, sha256, role, millis };
    },
  };
}
