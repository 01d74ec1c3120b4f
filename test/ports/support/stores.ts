/** Every store over each of its adapters: one suite a port runs over all of them. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { ClientOptions, HttpFault } from '#adapters/aws/clients.ts';
import { dynamoApprovals } from '#adapters/dynamodb/approvals.ts';
import { dynamoChampionRegistry } from '#adapters/dynamodb/champion-registry.ts';
import { dynamoCommitStore } from '#adapters/dynamodb/commit-store.ts';
import { dynamoHoldoutStore } from '#adapters/dynamodb/holdout-store.ts';
import { dynamoLedgerWriter } from '#adapters/dynamodb/ledger-writer.ts';
import { dynamoLockStore } from '#adapters/dynamodb/lock-store.ts';
import { dynamoOutbox } from '#adapters/dynamodb/outbox.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { dynamoStepStore } from '#adapters/dynamodb/step-store.ts';
import { dynamoVerificationStore } from '#adapters/dynamodb/verification-store.ts';
import { type MemoryStores, memoryStores } from '#adapters/memory/stores.ts';
import { freshTables, hasAws } from './aws.ts';

/** A suite over `stores()`; `isMemory` for what is too slow on a real service. */
export function describeStores(
  port: string,
  suite: (stores: () => MemoryStores, isMemory: boolean) => void,
): void {
  describe(`${port}: memory`, () => {
    const stores = memoryStores();
    suite(() => stores, true);
  });
  if (!hasAws) return;
  describe(`${port}: DynamoDB`, () => {
    const stores = onDynamo();
    suite(stores, false);
  });
}

/**
 * A suite on DynamoDB alone, with faults of its wire: each one pushed to the list hits the next call
 * of the operation.
 */
export function describeLostAnswers(
  port: string,
  operation: 'PutItem' | 'TransactWriteItems',
  suite: (stores: () => MemoryStores, faults: (HttpFault | undefined)[]) => void,
): void {
  if (!hasAws) return;
  describe(`${port} on DynamoDB when answers are lost`, () => {
    const faults: (HttpFault | undefined)[] = [];
    suite(
      onDynamo({ fault: (a) => (a.operation === operation ? faults.shift() : undefined) }),
      faults,
    );
  });
}

function onDynamo(options: ClientOptions = {}): () => MemoryStores {
  let tables: Awaited<ReturnType<typeof freshTables>>;
  let stores: MemoryStores;
  beforeAll(async () => {
    tables = await freshTables(options);
    const client = tables.clients.dynamodb();
    const { runsTable, championTable } = tables;
    stores = {
      commits: dynamoCommitStore(client, runsTable),
      runs: dynamoRunStore(client, runsTable),
      steps: dynamoStepStore(client, runsTable),
      locks: dynamoLockStore(client, runsTable),
      holdouts: dynamoHoldoutStore(client, runsTable),
      verifications: dynamoVerificationStore(client, runsTable),
      approvals: dynamoApprovals(client, runsTable),
      registry: dynamoChampionRegistry(client, championTable),
      ledgerWriter: dynamoLedgerWriter(client, championTable, runsTable),
      outbox: dynamoOutbox(client, championTable),
    };
  });
  afterAll(() => tables.drop());
  return () => stores;
}
