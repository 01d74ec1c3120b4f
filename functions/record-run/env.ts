import * as z from 'zod';

/** The variables of record-run. */
export const env = z.object({
  RUNS_TABLE: z.string().min(1),
  ARTIFACT_BUCKET: z.string().min(1),
  CHAMPION_TABLE: z.string().min(1),
  MLFLOW_TRACKING_URI: z.url(),
});
