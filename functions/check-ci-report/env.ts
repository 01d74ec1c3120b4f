import * as z from 'zod';

/** The variables of check-ci-report. */
export const env = z.object({
  RUNS_TABLE: z.string().min(1),
  ARTIFACT_BUCKET: z.string().min(1),
});
