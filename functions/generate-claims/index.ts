import { configuredIdentity } from '#adapters/oidc/configured.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { generateClaims } from './handler.ts';

export const handler = generateClaims({
  identity: configuredIdentity(parse(env, process.env, 'the environment')),
  log: jsonLog(),
});
