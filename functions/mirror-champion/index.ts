import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { mlflowTracking } from '#adapters/mlflow/tracking.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { env } from './env.ts';
import { mirrorChampion } from './handler.ts';

// Only a commit touches the runs table, and this function has no right to it.
const NEVER_COMMITS = '';

const vars = env.parse(process.env);
const aws = awsClients();
export const handler = mirrorChampion({
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE, NEVER_COMMITS),
  tracking: mlflowTracking(aws.mlflow()),
  log: jsonLog(),
});
