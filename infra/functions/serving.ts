import { env as serveModelEnv } from '../../functions/serve-model/env.ts';
import type { Maker } from './maker.ts';

/** What answers predictions: one function a slot. */
export function servingFunctions({ make, may, variables }: Maker) {
  const serveModel = (id: string, slot: 'staging' | 'production') =>
    make(id, 'serve-model', serveModelEnv, {
      deployedAs: `serve-model-${slot}`,
      variables: {
        ...variables.identity,
        ...variables.champion,
        ...variables.bucket,
        SLOT: slot,
      },
      memoryMb: 1024,
      seconds: 25,
      grants: [may.champion(['GetItem'], ['POINTER']), ...may.read('models')],
    });
  return {
    staging: serveModel('ServeModelStaging', 'staging'),
    production: serveModel('ServeModelProduction', 'production'),
  };
}
