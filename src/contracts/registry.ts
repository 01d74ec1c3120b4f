/** A pointer and a ledger entry as they are stored and as the API shows them: one shape for both. */
import * as z from 'zod';
import type { ChainedEntry } from '#domain/ledger.ts';
import { SLOTS, type Pointer } from '#domain/pointer.ts';
import type { FieldsOf } from './fields-of.ts';
import { ServingRouteDocument } from './serving-route.ts';

const nullableText = z.union([z.string(), z.null()]);
const nullableInt = z.union([z.int(), z.null()]);

export const PointerDocument = z.object({
  schemaVersion: z.literal(1),
  model: z.string(),
  slot: z.enum(SLOTS),
  revision: z.int(),
  version: z.int(),
  sha256: z.string(),
  routes: z.array(ServingRouteDocument),
  updatedAt: z.string(),
} satisfies FieldsOf<Pointer>) satisfies z.ZodType<Pointer>;

/** With every field that it has, known or not: the entry's hash is over all of them. */
export const EntryDocument: z.ZodType<ChainedEntry> = z.looseObject({
  schemaVersion: z.literal(1),
  model: z.string(),
  sequence: z.int(),
  prevHash: nullableText,
  kind: z.string(),
  at: z.string(),
  actor: z.string(),
  authority: z.enum(['approval', 'policy', 'break-glass', 'person', 'alarm']),
  reason: z.string(),
  decisionId: z.string(),
  runId: nullableText,
  commit: nullableText,
  version: nullableInt,
  sha256: nullableText,
  previousVersion: nullableInt,
  evidence: z.union([z.object({ measured: z.string(), timings: z.string() }), z.null()]),
  charter: nullableText,
  hash: z.string(),
} satisfies FieldsOf<ChainedEntry>);
