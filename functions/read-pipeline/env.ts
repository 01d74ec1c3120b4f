import * as z from 'zod';
import { identityEnv } from '#edge/identity-env.ts';

/** The variables of read-pipeline. */
export const env = identityEnv.extend({
  RUNS_TABLE: z.string().min(1),
  CHAMPION_TABLE: z.string().min(1),
  ARTIFACT_BUCKET: z.string().min(1),
  STATE_MACHINE_ARN: z.string().min(1),
  MLFLOW_TRACKING_URI: z.url(),
});
