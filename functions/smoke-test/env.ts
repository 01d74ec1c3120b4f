import * as z from 'zod';

/** The variables of smoke-test. */
export const env = z.object({
  RUNS_TABLE: z.string().min(1),
  ARTIFACT_BUCKET: z.string().min(1),
  SERVING_STAGING_FUNCTION: z.string().min(1),
  SERVING_PRODUCTION_FUNCTION: z.string().min(1),
  MLFLOW_TRACKING_URI: z.url(),
});
