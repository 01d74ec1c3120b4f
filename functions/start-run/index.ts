import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { sqsDeadLetters } from '#adapters/sqs/dead-letters.ts';
import { stepFunctionsExecutions } from '#adapters/step-functions/executions.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { startRun } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = startRun({
  commits: dynamoCommitStore(aws.dynamodb(), vars.RUNS_TABLE),
  runs: dynamoRunStore(aws.dynamodb(), vars.RUNS_TABLE),
  executions: stepFunctionsExecutions(aws.sfn(), vars.STATE_MACHINE_ARN),
  deadLetters: sqsDeadLetters(aws.sqs(), vars.DEAD_LETTER_QUEUE_URL),
  clock: systemClock(),
  log: jsonLog(),
});
