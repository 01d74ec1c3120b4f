import * as z from 'zod';

/** The variables of deliver-outbox. */
export const env = z.object({
  CHAMPION_TABLE: z.string().min(1),
  EVENT_BUS: z.string().min(1),
});
