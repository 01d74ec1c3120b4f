import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { LockStore } from '#domain/ports/lock-store.ts';
import { LockItem } from './documents.ts';
import { runsKeys } from './keys.ts';
import { table } from './table.ts';

/** Locks with their queues in the runs table, one item a model. */
export function dynamoLockStore(client: DynamoDBDocumentClient, runsTable: string): LockStore {
  const runs = table(client, runsTable);
  return {
    async get(model) {
      const item = await runs.get(runsKeys.lock(model));
      return item === undefined ? undefined : LockItem.parse(item);
    },
    put: (lock) =>
      runs.putNext(
        runsKeys.lock(lock.model),
        { schemaVersion: 1, ...lock },
        `the lock of ${lock.model}`,
      ),
  };
}
