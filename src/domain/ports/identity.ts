import type { Principal } from '#domain/roles.ts';

export interface Identity {
  /** Verifies a signed bearer token: signature, issuer, audience, time. Throws `Unauthenticated`. */
  verify(token: string): Promise<Principal>;
}
