/** Fresh resources on the local AWS for a suite, and their removal. */
import { randomBytes } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { awsClients, type ClientOptions } from '#adapters/aws/clients.ts';
import { RUN_INDEXES } from '#adapters/dynamodb/keys.ts';

/** Set by the local-stack tier. Without it only the memory variants are registered. */
export const hasAws = (process.env['AWS_ENDPOINT_URL'] ?? '') !== '';
export const hasMlflow = (process.env['MLFLOW_TRACKING_URI'] ?? '') !== '';

export const unique = (prefix: string): string => `${prefix}-${randomBytes(5).toString('hex')}`;

export async function freshTables(options: ClientOptions = {}) {
  const clients = awsClients(options);
  const plain = awsClients();
  const runsTable = unique('ports-runs');
  const championTable = unique('ports-champion');
  const key = [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ];
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
  await plain.dynamodb().send(
    new CreateTableCommand({
      TableName: runsTable,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: key,
      AttributeDefinitions: ['pk', 'sk', 'gsiModel', 'gsiAll', 'gsiSort'].map(text),
      GlobalSecondaryIndexes: Object.values(RUN_INDEXES).map((index) => ({
        IndexName: index.name,
        Projection: { ProjectionType: 'ALL' as const },
        KeySchema: [
          { AttributeName: index.partitionKey, KeyType: 'HASH' as const },
          { AttributeName: index.sortKey, KeyType: 'RANGE' as const },
        ],
      })),
    }),
  );
  await plain.dynamodb().send(
    new CreateTableCommand({
      TableName: championTable,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: key,
      AttributeDefinitions: ['pk', 'sk'].map(text),
    }),
  );
  return {
    clients,
    runsTable,
    championTable,
    async drop() {
      for (const TableName of [runsTable, championTable]) {
        await plain.dynamodb().send(new DeleteTableCommand({ TableName }));
      }
    },
  };
}

export async function freshBucket() {
  const clients = awsClients();
  const bucket = unique('ports');
  await clients.s3().send(new CreateBucketCommand({ Bucket: bucket }));
  return { clients, bucket };
}
