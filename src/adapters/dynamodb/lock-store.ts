import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { LockStore } from '#domain/ports/lock-store.ts';
import { LockItem } from './documents.ts';
import { runsKeys } from './keys.ts';
import { dynamoTable } from './table.ts';

/** Locks with their queues in the runs table, one item a model. */
export function dynamoLockStore(client: DynamoDBDocumentClient, runsTable: string): LockStore {
  const runs = dynamoTable(client, runsTable);
  return {
    async get(model) {
      return runs.get(LockItem, runsKeys.lock(model));
    },
    put: (lock) =>
      runs.putNext(
        runsKeys.lock(lock.model),
        { schemaVersion: 1, ...lock },
        `the lock of ${lock.model}`,
      ),
  };
}
