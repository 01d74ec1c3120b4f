/** The identity that a function's variables describe. */
import * as z from 'zod';
import type { EnvironmentName } from '#contracts/environments.ts';
import type { Identity } from '#domain/ports/identity.ts';
import { parseJson } from '#contracts/parse.ts';
import { jwtIdentity } from './jwt.ts';

const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/**
 * Throws at start, so that a function with the wrong keys serves nobody: inline keys belong to the
 * local issuer, whose private key lies on a developer's machine.
 */
export function configuredIdentity(vars: {
  readonly ENVIRONMENT: EnvironmentName;
  readonly IDENTITY_ISSUER: string;
  readonly IDENTITY_AUDIENCE: string;
  readonly IDENTITY_JWKS?: string | undefined;
  readonly IDENTITY_JWKS_URI?: string | undefined;
  readonly IDENTITY_ROLES_CLAIM: string;
  readonly IDENTITY_GROUPS?: Readonly<Record<string, readonly string[]>> | undefined;
}): Identity {
  const {
    ENVIRONMENT,
    IDENTITY_JWKS: inline,
    IDENTITY_JWKS_URI: uri,
    IDENTITY_GROUPS: groups,
  } = vars;
  const of = {
    issuer: vars.IDENTITY_ISSUER,
    audience: vars.IDENTITY_AUDIENCE,
    rolesClaim: vars.IDENTITY_ROLES_CLAIM,
    ...(groups === undefined ? {} : { groupsToGrants: groups }),
  };
  if (inline !== undefined) {
    if (ENVIRONMENT !== 'local') {
      throw new Error(`IDENTITY_JWKS is for the local environment, not ${ENVIRONMENT}`);
    }
    return jwtIdentity({ ...of, jwks: parseJson(Keys, inline, 'IDENTITY_JWKS') });
  }
  if (uri === undefined) throw new Error('IDENTITY_JWKS_URI is not set');
  return jwtIdentity({ ...of, jwksUri: uri });
}
