import * as z from 'zod';

/** The variables of start-run. */
export const env = z.object({
  RUNS_TABLE: z.string().min(1),
  STATE_MACHINE_ARN: z.string().min(1),
  /** Where an event goes that no retry can help, with its reason. */
  DEAD_LETTER_QUEUE_URL: z.url(),
});
