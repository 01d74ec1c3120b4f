import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoOutbox } from '#adapters/dynamodb/outbox.ts';
import { eventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { jsonLog } from '#adapters/system/log.ts';
import { parse } from '#contracts/parse.ts';
import { env } from './env.ts';
import { deliverOutbox } from './handler.ts';

const vars = parse(env, process.env, 'the environment');
const aws = awsClients();
export const handler = deliverOutbox({
  outbox: dynamoOutbox(aws.dynamodb(), vars.CHAMPION_TABLE),
  bus: eventBridgeBus(aws.eventbridge(), vars.EVENT_BUS),
  log: jsonLog(),
});
