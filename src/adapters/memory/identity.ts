import { TitleholderError } from '#domain/errors.ts';
import type { Identity } from '#domain/ports/identity.ts';
import type { Principal } from '#domain/roles.ts';

/** Tokens are the keys; anything else is unauthenticated. */
export function memoryIdentity(principals: Readonly<Record<string, Principal>>): Identity {
  return {
    verify: (token) =>
      Promise.try(() => {
        const principal = Object.hasOwn(principals, token) ? principals[token] : undefined;
        if (principal === undefined) {
          throw new TitleholderError('Unauthenticated', 'the token is not valid');
        }
        return structuredClone(principal);
      }),
  };
}
