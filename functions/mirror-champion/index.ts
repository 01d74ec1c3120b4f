import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { mlflowTracking } from '#adapters/mlflow/tracking.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { mirrorChampion } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = mirrorChampion({
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE),
  tracking: mlflowTracking(aws.mlflow()),
  log: jsonLog(),
});
