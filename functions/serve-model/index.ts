import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { configuredIdentity } from '#adapters/oidc/configured.ts';
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { CODE_DIGEST } from '#adapters/system/code-digest.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { serveModel } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = serveModel({
  identity: configuredIdentity(vars),
  slot: vars.SLOT,
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE),
  artifacts: s3ArtifactStore(aws.s3(), vars.ARTIFACT_BUCKET),
  clock: systemClock(),
  ids: systemIds(),
  code: CODE_DIGEST,
  memoryMb: () => process.memoryUsage.rss() / (1024 * 1024),
  log: jsonLog(),
});
