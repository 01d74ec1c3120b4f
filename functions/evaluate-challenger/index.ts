import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoHoldoutStore } from '#adapters/dynamodb/holdout-store.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { dynamoStepStore } from '#adapters/dynamodb/step-store.ts';
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { CODE_DIGEST } from '#adapters/system/code-digest.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { drawAll } from '#plots/drawings.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { evaluateChallenger } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = evaluateChallenger({
  commits: dynamoCommitStore(aws.dynamodb(), vars.RUNS_TABLE),
  runs: dynamoRunStore(aws.dynamodb(), vars.RUNS_TABLE),
  steps: dynamoStepStore(aws.dynamodb(), vars.RUNS_TABLE),
  holdouts: dynamoHoldoutStore(aws.dynamodb(), vars.RUNS_TABLE),
  artifacts: s3ArtifactStore(aws.s3(), vars.ARTIFACT_BUCKET),
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE),
  code: CODE_DIGEST,
  stopwatch: () => performance.now() / 1000,
  clock: systemClock(),
  log: jsonLog(),
  draw: drawAll,
});
