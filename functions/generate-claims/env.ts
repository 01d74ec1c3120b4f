import { identityEnv } from '../../http/identity-env.ts';

/** The variables of generate-claims. */
export const env = identityEnv;
