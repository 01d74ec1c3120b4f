import { setTimeout as sleep } from 'node:timers/promises';
import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoStepStore } from '#adapters/dynamodb/step-store.ts';
import { dynamoVerificationStore } from '#adapters/dynamodb/verification-store.ts';
import { mlflowTracking } from '#adapters/mlflow/tracking.ts';
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { lambdaServing } from '#adapters/lambda/serving.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { smokeTest } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = smokeTest({
  commits: dynamoCommitStore(aws.dynamodb(), vars.RUNS_TABLE),
  steps: dynamoStepStore(aws.dynamodb(), vars.RUNS_TABLE),
  verifications: dynamoVerificationStore(aws.dynamodb(), vars.RUNS_TABLE),
  artifacts: s3ArtifactStore(aws.s3(), vars.ARTIFACT_BUCKET),
  serving: lambdaServing(aws.lambda(), {
    staging: vars.SERVING_STAGING_FUNCTION,
    production: vars.SERVING_PRODUCTION_FUNCTION,
  }),
  tracking: mlflowTracking(aws.mlflow()),
  wait: (millis) => sleep(millis),
  clock: systemClock(),
});
