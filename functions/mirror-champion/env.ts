import * as z from 'zod';

/** The variables of mirror-champion. */
export const env = z.object({
  CHAMPION_TABLE: z.string().min(1),
  MLFLOW_TRACKING_URI: z.url(),
});
