/**
 * Stored documents as schemas: every item that is read from a table is parsed.
 *
 * Unknown attributes (keys, index attributes, what a newer release added) are dropped. Runs, commits,
 * pointers and ledger entries are in contracts, because the API shows them as they are stored.
 */
import * as z from 'zod';
import type { FieldsOf } from '#contracts/fields-of.ts';
import type { Approval } from '#domain/approval.ts';
import type { Version } from '#domain/version.ts';
import type { Lock } from '#domain/lock.ts';
import type { AcceptedCharter } from '#domain/accepted-charter.ts';
import type { Holdout } from '#domain/holdout.ts';

const one = z.literal(1);
const nullableText = z.union([z.string(), z.null()]);

/** `output` is JSON text: any value comes back as it was, and the table's number limits don't matter. */
export const StepItem = z.object({
  schemaVersion: one,
  runId: z.string(),
  step: z.string(),
  inputHash: z.string(),
  attempt: z.int(),
  output: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
});

export const LockItem = z.object({
  model: z.string(),
  revision: z.int(),
  holder: nullableText,
  waiters: z.array(
    z.object({ runId: z.string(), asOf: z.string(), attempt: z.int(), token: z.string() }),
  ),
} satisfies FieldsOf<Lock>) satisfies z.ZodType<Lock>;

export const HoldoutItem = z.object({
  schemaVersion: one,
  model: z.string(),
  epoch: z.int(),
  revision: z.int(),
  snapshot: z.string(),
  register: z.string(),
  rows: z.int(),
} satisfies FieldsOf<Holdout>) satisfies z.ZodType<Holdout>;

export const ApprovalItem = z.object({
  schemaVersion: one,
  runId: z.string(),
  kind: z.enum(['approval', 'continue', 'acceptance']),
  model: z.string(),
  token: z.string(),
  digest: z.string(),
  status: z.enum(['pending', 'approved', 'rejected', 'stale', 'spent']),
  required: z.int(),
  authors: z.array(z.string()),
  decisions: z.array(
    z.object({
      id: z.string(),
      actor: z.string(),
      choice: z.enum(['approve', 'reject']),
      reason: z.string(),
      at: z.string(),
    }),
  ),
  requestedAt: z.string(),
  expiresAt: z.string(),
  revision: z.int(),
} satisfies FieldsOf<Approval>) satisfies z.ZodType<Approval>;

export const VersionItem = z.object({
  schemaVersion: one,
  model: z.string(),
  version: z.int(),
  sha256: z.string(),
  runId: z.string(),
  commit: z.string(),
  createdAt: z.string(),
  trackingRunId: nullableText,
} satisfies FieldsOf<Version>) satisfies z.ZodType<Version>;

export const HeadItem = z.object({ sequence: z.int(), hash: z.string() });
export const DecisionItem = z.object({ sequence: z.int() });

export const CharterItem = z.object({
  schemaVersion: one,
  model: z.string(),
  charter: z.string(),
  acceptedBy: z.string(),
  at: z.string(),
} satisfies FieldsOf<AcceptedCharter>) satisfies z.ZodType<AcceptedCharter>;

/** `detail` is JSON text, as a step's output is. */
export const OutboxItem = z.object({
  schemaVersion: one,
  id: z.string(),
  type: z.string(),
  detail: z.string(),
  at: z.string(),
  model: z.string(),
  sequence: z.int(),
});
