import * as z from 'zod';
import { jsonTextOf } from '#contracts/parse.ts';
import { identityEnv } from '#edge/identity-env.ts';

/** The variables of accept-commit. */
export const env = identityEnv.extend({
  RUNS_TABLE: z.string().min(1),
  ARTIFACT_BUCKET: z.string().min(1),
  EVENT_BUS: z.string().min(1),
  /** E-mail address → subject, as JSON; an address that isn't in it counts as itself. */
  PEOPLE: z
    .string()
    .default('{}')
    .pipe(jsonTextOf(z.record(z.string(), z.string().min(1)))),
});
