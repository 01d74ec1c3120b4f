import * as z from 'zod';

/** The variables of validate-data. */
export const env = z.object({
  RUNS_TABLE: z.string().min(1),
  ARTIFACT_BUCKET: z.string().min(1),
  CHAMPION_TABLE: z.string().min(1),
});
