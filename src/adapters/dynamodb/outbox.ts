import { DeleteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Outbox } from '#domain/ports/outbox.ts';
import { reaching } from '#adapters/aws/errors.ts';
import { OutboxItem } from './documents.ts';
import { championKeys } from './keys.ts';
import { dynamoTable } from './table.ts';

/** The events that the ledger's transactions left in the champion table. */
export function dynamoOutbox(client: DynamoDBDocumentClient, championTable: string): Outbox {
  const champion = dynamoTable(client, championTable);
  return {
    async pending(limit) {
      const events = await champion.all(OutboxItem, championKeys.outbox());
      return events
        .toSorted(oldestFirst)
        .slice(0, limit)
        .map(({ id, type, detail }) => {
          const parsed: unknown = JSON.parse(detail);
          return { id, type, detail: parsed };
        });
    },

    async delivered(id) {
      await reaching('DynamoDB', () =>
        client.send(
          new DeleteCommand({ TableName: championTable, Key: { ...championKeys.event(id) } }),
        ),
      );
    },
  };
}

function oldestFirst(
  a: { readonly at: string; readonly model: string; readonly sequence: number },
  b: { readonly at: string; readonly model: string; readonly sequence: number },
): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.model !== b.model) return a.model < b.model ? -1 : 1;
  return a.sequence - b.sequence;
}
