import * as z from 'zod';
import { identityEnv } from '#edge/identity-env.ts';

/** The variables of serve-model: it knows pointers and models, and nothing of runs or MLflow. */
export const env = identityEnv.extend({
  SLOT: z.enum(['staging', 'production']),
  CHAMPION_TABLE: z.string().min(1),
  ARTIFACT_BUCKET: z.string().min(1),
});
