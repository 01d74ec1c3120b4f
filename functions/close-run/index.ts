import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoLockStore } from '#adapters/dynamodb/lock-store.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { stepFunctionsExecutions } from '#adapters/step-functions/executions.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { isOfQueue } from '#edge/queue.ts';
import { closeEnded, closeRun } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
const deps = {
  commits: dynamoCommitStore(aws.dynamodb(), vars.RUNS_TABLE),
  runs: dynamoRunStore(aws.dynamodb(), vars.RUNS_TABLE),
  locks: dynamoLockStore(aws.dynamodb(), vars.RUNS_TABLE),
  artifacts: s3ArtifactStore(aws.s3(), vars.ARTIFACT_BUCKET),
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE),
  executions: stepFunctionsExecutions(aws.sfn(), vars.STATE_MACHINE_ARN),
  clock: systemClock(),
  log: jsonLog(),
};
const [close, closeAll] = [closeRun(deps), closeEnded(deps)];
/** The machine's last states call it with their input, the queue of ended executions with messages. */
export const handler = (event: unknown): Promise<unknown> =>
  isOfQueue(event) ? closeAll(event) : close(event);
