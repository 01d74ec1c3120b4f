import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoApprovals } from '#adapters/dynamodb/approvals.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoLedgerWriter } from '#adapters/dynamodb/ledger-writer.ts';
import { dynamoOutbox } from '#adapters/dynamodb/outbox.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { dynamoStepStore } from '#adapters/dynamodb/step-store.ts';
import { dynamoVerificationStore } from '#adapters/dynamodb/verification-store.ts';
import { eventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { recordDecision } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = recordDecision({
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE),
  ledgerWriter: dynamoLedgerWriter(aws.dynamodb(), vars.CHAMPION_TABLE, vars.RUNS_TABLE),
  outbox: dynamoOutbox(aws.dynamodb(), vars.CHAMPION_TABLE),
  commits: dynamoCommitStore(aws.dynamodb(), vars.RUNS_TABLE),
  runs: dynamoRunStore(aws.dynamodb(), vars.RUNS_TABLE),
  steps: dynamoStepStore(aws.dynamodb(), vars.RUNS_TABLE),
  verifications: dynamoVerificationStore(aws.dynamodb(), vars.RUNS_TABLE),
  approvals: dynamoApprovals(aws.dynamodb(), vars.RUNS_TABLE),
  artifacts: s3ArtifactStore(aws.s3(), vars.ARTIFACT_BUCKET),
  bus: eventBridgeBus(aws.eventbridge(), vars.EVENT_BUS),
  clock: systemClock(),
  log: jsonLog(),
});
