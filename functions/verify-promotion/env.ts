import * as z from 'zod';

/** The variables of verify-promotion. */
export const env = z.object({
  RUNS_TABLE: z.string().min(1),
  CHAMPION_TABLE: z.string().min(1),
  SERVING_STAGING_FUNCTION: z.string().min(1),
  SERVING_PRODUCTION_FUNCTION: z.string().min(1),
});
