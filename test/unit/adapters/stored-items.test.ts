/** An item that isn't what its schema says: refused by table, key and field, and never by its value. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { dynamoApprovals } from '#adapters/dynamodb/approvals.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoHoldoutStore } from '#adapters/dynamodb/holdout-store.ts';
import { dynamoLockStore } from '#adapters/dynamodb/lock-store.ts';
import { dynamoOutbox } from '#adapters/dynamodb/outbox.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { dynamoStepStore } from '#adapters/dynamodb/step-store.ts';

const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }));
const SECRET = 'kept-to-itself';
/** Every field that a schema here wants as a number or as one of a few words. */
const item = {
  pk: 'KIND#m',
  sk: 'ITEM',
  ...Object.fromEntries(
    ['schemaVersion', 'revision', 'sequence', 'attempt', 'version', 'charter', 'status'].map(
      (field) => [field, { of: SECRET }],
    ),
  ),
};
const champion = dynamoChampionRegistry(client, 'champion');

it.each<[read: string, () => Promise<unknown>]>([
  ['a run', () => dynamoRunStore(client, 'runs').get('r')],
  ['a page of runs', () => dynamoRunStore(client, 'runs').list({ limit: 5 })],
  ['a commit', () => dynamoCommitStore(client, 'runs').get('r')],
  ['commits', () => dynamoCommitStore(client, 'runs').list({ model: 'm', prefix: '', limit: 5 })],
  ['an approval', () => dynamoApprovals(client, 'runs').get('r', 'approval')],
  ['a lock', () => dynamoLockStore(client, 'runs').get('m')],
  ['a holdout', () => dynamoHoldoutStore(client, 'runs').get('m')],
  ['a step', () => dynamoStepStore(client, 'runs').get('r', 's', 'h')],
  ['steps', () => dynamoStepStore(client, 'runs').list('r')],
  ['the outbox', () => dynamoOutbox(client, 'runs').pending(5)],
])('%s', async (_read, read) => {
  await expect(refused(read)).resolves.toMatch(
    /^the item KIND#m, ITEM of the table runs: .*(schemaVersion|revision): must be /,
  );
});

it.each<[read: string, () => Promise<unknown>]>([
  ['a pointer', () => champion.pointer('m', 'production')],
  ['the head', () => champion.head('m')],
  ['the ledger', () => champion.ledger('m')],
  ['a decision', () => champion.decision('m', 'd')],
  ['a version', () => champion.version('m', 1)],
  ['versions', () => champion.versions('m')],
  ['a charter', () => champion.charter('m')],
])('%s', async (_read, read) => {
  await expect(refused(read)).resolves.toMatch(
    /^the item KIND#m, ITEM of the table champion: .*(schemaVersion|sequence): must be /,
  );
});

/** The words of the refusal. */
async function refused(read: () => Promise<unknown>): Promise<string> {
  const mock = mockClient(client);
  mock.on(GetCommand).resolves({ Item: item });
  mock.on(QueryCommand).resolves({ Items: [item] });
  const error: unknown = await read().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'ArtifactInvalid' });
  const { message } = error as Error;
  expect(message).not.toContain(SECRET);
  return message;
}
