import { configuredIdentity } from '#adapters/oidc/configured.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { env } from './env.ts';
import { generateClaims } from './handler.ts';

export const handler = generateClaims({
  identity: configuredIdentity(env.parse(process.env)),
  log: jsonLog(),
});
