import { identityEnv } from '#edge/identity-env.ts';

/** The variables of generate-claims. */
export const env = identityEnv;
