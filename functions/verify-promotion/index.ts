import { setTimeout as sleep } from 'node:timers/promises';
import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { dynamoStepStore } from '#adapters/dynamodb/step-store.ts';
import { lambdaServing } from '#adapters/lambda/serving.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { verifyPromotion } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = verifyPromotion({
  commits: dynamoCommitStore(aws.dynamodb(), vars.RUNS_TABLE),
  runs: dynamoRunStore(aws.dynamodb(), vars.RUNS_TABLE),
  steps: dynamoStepStore(aws.dynamodb(), vars.RUNS_TABLE),
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE),
  serving: lambdaServing(aws.lambda(), {
    staging: vars.SERVING_STAGING_FUNCTION,
    production: vars.SERVING_PRODUCTION_FUNCTION,
  }),
  wait: (millis) => sleep(millis),
  clock: systemClock(),
});
