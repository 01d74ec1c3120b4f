import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { eventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { env } from './env.ts';
import { deliverOutbox } from './handler.ts';

// Only a commit touches the runs table, and this function has no right to it.
const NEVER_COMMITS = '';

const vars = env.parse(process.env);
const aws = awsClients();
export const handler = deliverOutbox({
  registry: dynamoChampionRegistry(aws.dynamodb(), vars.CHAMPION_TABLE, NEVER_COMMITS),
  bus: eventBridgeBus(aws.eventbridge(), vars.EVENT_BUS),
  log: jsonLog(),
});
