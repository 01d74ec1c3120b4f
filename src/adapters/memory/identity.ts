import { TitleholderError } from '#domain/errors.ts';
import type { Identity, Principal } from '#domain/ports.ts';
import { settled } from './settled.ts';

/** Tokens are the keys; anything else is unauthenticated. */
export function memoryIdentity(principals: Readonly<Record<string, Principal>>): Identity {
  return {
    verify: (token) =>
      settled(() => {
        const principal = Object.hasOwn(principals, token) ? principals[token] : undefined;
        if (principal === undefined) {
          throw new TitleholderError('Unauthenticated', 'the token is not valid');
        }
        return structuredClone(principal);
      }),
  };
}
