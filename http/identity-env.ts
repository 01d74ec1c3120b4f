/** The variables of every function that verifies tokens. */
import * as z from 'zod';

/** A variable that holds JSON of this schema. */
export function jsonOf<S extends z.ZodType>(schema: S, fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((text, context): unknown => {
      try {
        const value: unknown = JSON.parse(text);
        return value;
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

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
