import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { env } from './env.ts';
import { evaluateChallenger } from './handler.ts';

const vars = env.parse(process.env);
const aws = awsClients();
export const handler = evaluateChallenger({
  runs: dynamoRunStore(aws.dynamodb(), vars.RUNS_TABLE),
  artifacts: s3ArtifactStore(aws.s3(), vars.ARTIFACT_BUCKET),
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE, vars.RUNS_TABLE),
  code: vars.CODE_DIGEST,
  stopwatch: () => performance.now() / 1000,
  clock: systemClock(),
  log: jsonLog(),
});
