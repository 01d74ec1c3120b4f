/** The variables of every function that verifies tokens. */
import * as z from 'zod';

/**
 * Who signs the tokens. The keys are inline for the local issuer only; everywhere else they are
 * fetched from the issuer's address.
 */
export const identityEnv = z.object({
  STAGE: z.enum(['local', 'dev', 'production']),
  IDENTITY_ISSUER: z.string().min(1),
  IDENTITY_AUDIENCE: z.string().min(1),
  IDENTITY_JWKS: z.string().min(1).optional(),
  IDENTITY_JWKS_URI: z.url().optional(),
});
