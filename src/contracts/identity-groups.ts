/** An organisation's groups and what each grants, as an environment configures them. */
import * as z from 'zod';
import { ROLES } from '#domain/roles.ts';
import { jsonTextOf } from './parse.ts';

const Grant = z
  .string()
  .regex(
    new RegExp(`^(?:${ROLES.join('|')})(?::[a-z][a-z0-9-]{0,29})?$`),
    `a grant is a role (${ROLES.join(', ')}), or a role of one model such as approver:claims-denial`,
  );

/**
 * JSON text: group → grants, such as `{"ml-approvers":["approver:claims-denial"]}`.
 *
 * A misspelled grant is refused instead of granting nothing in silence, and so is a table without a
 * group, which would let nobody in.
 */
export const IdentityGroups = jsonTextOf(
  z
    .record(z.string().min(1), z.array(Grant))
    .refine((groups) => Object.keys(groups).length > 0, 'names no group'),
);
