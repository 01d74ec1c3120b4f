import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { eventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { configuredIdentity } from '#adapters/oidc/configured.ts';
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { acceptCommit } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = acceptCommit({
  identity: configuredIdentity(vars),
  commits: dynamoCommitStore(aws.dynamodb(), vars.RUNS_TABLE),
  runs: dynamoRunStore(aws.dynamodb(), vars.RUNS_TABLE),
  artifacts: s3ArtifactStore(aws.s3(), vars.ARTIFACT_BUCKET),
  bus: eventBridgeBus(aws.eventbridge(), vars.EVENT_BUS),
  clock: systemClock(),
  people: vars.PEOPLE,
  log: jsonLog(),
});
