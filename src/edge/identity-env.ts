/** The variables of every function that verifies tokens. */
import * as z from 'zod';
import { ENVIRONMENTS } from '#contracts/environments.ts';
import { IdentityGroups } from '#contracts/identity-groups.ts';

/**
 * Who signs the tokens. The keys are inline for the local issuer only; everywhere else they are
 * fetched from the issuer's address.
 */
export const identityEnv = z.object({
  ENVIRONMENT: z.enum(ENVIRONMENTS),
  IDENTITY_ISSUER: z.string().min(1),
  IDENTITY_AUDIENCE: z.string().min(1),
  IDENTITY_JWKS: z.string().min(1).optional(),
  IDENTITY_JWKS_URI: z.url().optional(),
  /** The claim that holds a person's roles, or their groups where `IDENTITY_GROUPS` is set. */
  IDENTITY_ROLES_CLAIM: z.string().min(1).default('roles'),
  IDENTITY_GROUPS: IdentityGroups.optional(),
});
