/** A run and its commit as they are stored and as the API shows them: one shape for both. */
import * as z from 'zod';
import { RUN_STATUSES, type Commit, type Run } from '#domain/run.ts';
import type { FieldsOf } from './fields-of.ts';

const one = z.literal(1);

export const CommitDocument = z.object({
  schemaVersion: one,
  runId: z.string(),
  model: z.string(),
  commit: z.string(),
  branch: z.string(),
  bundle: z.string(),
  data: z.string(),
  ciReport: z.string(),
  cause: z.string(),
  submitter: z.string(),
  authors: z.array(z.string()),
  asOf: z.string(),
} satisfies FieldsOf<Commit>) satisfies z.ZodType<Commit>;

export const RunDocument = z.object({
  schemaVersion: one,
  runId: z.string(),
  model: z.string(),
  commit: z.string(),
  branch: z.string(),
  cause: z.string(),
  submitter: z.string(),
  status: z.enum(RUN_STATUSES),
  attempt: z.int(),
  revision: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  reason: z.string().exactOptional(),
  error: z.string().exactOptional(),
  verdict: z.enum(['promote', 'hold', 'reject']).exactOptional(),
  version: z.int().exactOptional(),
  supersededBy: z.string().exactOptional(),
  cancelledBy: z.string().exactOptional(),
} satisfies FieldsOf<Run>) satisfies z.ZodType<Run>;
