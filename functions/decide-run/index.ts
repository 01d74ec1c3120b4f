import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoApprovals } from '#adapters/dynamodb/approvals.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { dynamoStepStore } from '#adapters/dynamodb/step-store.ts';
import { configuredIdentity } from '#adapters/oidc/configured.ts';
import { lambdaDecisions } from '#adapters/lambda/decisions.ts';
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { stepFunctionsExecutions } from '#adapters/step-functions/executions.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { decideRun } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = decideRun({
  identity: configuredIdentity(vars),
  commits: dynamoCommitStore(aws.dynamodb(), vars.RUNS_TABLE),
  runs: dynamoRunStore(aws.dynamodb(), vars.RUNS_TABLE),
  steps: dynamoStepStore(aws.dynamodb(), vars.RUNS_TABLE),
  approvals: dynamoApprovals(aws.dynamodb(), vars.RUNS_TABLE),
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE),
  artifacts: s3ArtifactStore(aws.s3(), vars.ARTIFACT_BUCKET),
  executions: stepFunctionsExecutions(aws.sfn(), vars.STATE_MACHINE_ARN),
  decisions: lambdaDecisions(aws.lambda(), vars.RECORD_DECISION_FUNCTION),
  clock: systemClock(),
  ids: systemIds(),
  log: jsonLog(),
});
