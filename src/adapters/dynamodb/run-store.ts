import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { RunDocument } from '#contracts/run.ts';
import { revisionTaken } from '#domain/compare-and-swap.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { Run } from '#domain/run.ts';
import { reaching } from '#adapters/aws/errors.ts';
import { ALL_RUNS, RUN_INDEXES, runsKeys, runsOf } from './keys.ts';
import { ABSENT, dynamoTable } from './table.ts';

/** Runs in the runs table. `list` reads an index, eventually consistently. */
export function dynamoRunStore(client: DynamoDBDocumentClient, runsTable: string): RunStore {
  const runs = dynamoTable(client, runsTable);
  return {
    async create(run) {
      const created = await runs.putIf(runsKeys.run(run.runId), indexed(run), ABSENT);
      return created ? 'created' : 'exists';
    },

    async get(runId) {
      return runs.get(RunDocument, runsKeys.run(runId));
    },

    async list({ model, limit, cursor }) {
      const index = model === undefined ? RUN_INDEXES.byTime : RUN_INDEXES.byModel;
      const partition = model === undefined ? ALL_RUNS : runsOf(model);
      const page = await reaching('DynamoDB', () =>
        client.send(
          new QueryCommand({
            TableName: runsTable,
            IndexName: index.name,
            KeyConditionExpression: '#partition = :pk',
            ExpressionAttributeNames: { '#partition': index.partitionKey },
            ExpressionAttributeValues: { ':pk': partition },
            ScanIndexForward: false,
            Limit: limit,
            ExclusiveStartKey:
              cursor === undefined ? undefined : fromCursor(cursor, index, partition),
          }),
        ),
      );
      const found = (page.Items ?? []).map((item) => runs.storedAs(RunDocument, item));
      return page.LastEvaluatedKey === undefined
        ? { runs: found }
        : { runs: found, cursor: toCursor(page.LastEvaluatedKey) };
    },

    async replace(run) {
      // `create` alone writes revision 1, so unlike `follows` this never takes an absent item.
      const replaced = await runs.putIf(runsKeys.run(run.runId), indexed(run), {
        expression: 'revision = :before',
        values: { ':before': run.revision - 1 },
      });
      if (!replaced) throw revisionTaken(`the run ${run.runId}`, run.revision);
    },
  };
}

function indexed(run: Run): Record<string, unknown> {
  return {
    ...run,
    gsiModel: runsOf(run.model),
    gsiAll: ALL_RUNS,
    gsiSort: `${run.createdAt}#${run.runId}`,
  };
}

const CursorKey = z.record(z.string(), z.string());

function toCursor(key: Record<string, unknown>): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** A cursor comes from a caller: it may only go on in the list it was made for. */
function fromCursor(
  cursor: string,
  index: { readonly partitionKey: string },
  partition: string,
): Record<string, string> {
  try {
    const key = CursorKey.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    if (key[index.partitionKey] === partition) return key;
  } catch {
    // Falls through to the same refusal.
  }
  throw new TitleholderError('BadInput', 'the cursor is not one of this list');
}
