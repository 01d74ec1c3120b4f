/** A route of a pointer, as it is stored, shown by `/champion` and `/health`, and read back. */
import * as z from 'zod';
import { ROUTE_ROLES, type ServingRoute } from '#domain/pointer.ts';

export const ServingRouteDocument = z.object({
  version: z.int(),
  sha256: z.string(),
  /** From 0 to 1. */
  share: z.number(),
  role: z.enum(ROUTE_ROLES),
}) satisfies z.ZodType<ServingRoute>;
