/** `policy.json` of a model folder: limits, and who decides. */
import * as z from 'zod';
import { GatePolicy } from '#gates/policy.ts';
import { MAX_CANDIDATES } from './candidate.ts';

/** Limits only: the plan in model.json says what is measured, the policy what may pass. */
export const PolicyDocument = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  /** low: a `promote` goes on without a person. */
  tier: z.enum(['low', 'standard']),
  gates: z.array(GatePolicy),
  /** How far a retuning may go, for gates whose `onFail` is retune. */
  retune: z
    .strictObject({
      attempts: z.int().min(1).max(10),
      candidatesPerAttempt: z.int().min(1).max(MAX_CANDIDATES),
    })
    .optional(),
  approval: z.strictObject({
    required: z.int().min(1).max(5).default(1),
    timeoutHours: z
      .number()
      .gt(0)
      .max(24 * 30)
      .default(24),
  }),
  /** A later commit while this one only waits for a person: wait in the queue, or supersede it. */
  queue: z.enum(['wait', 'supersede']).default('wait'),
  /** Hold after CI until somebody continues. */
  holdBeforeCd: z.boolean().default(false),
});
export type PolicyDocument = z.infer<typeof PolicyDocument>;
