import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { HoldoutStore } from '#domain/ports/holdout-store.ts';
import { HoldoutItem } from './documents.ts';
import { runsKeys } from './keys.ts';
import { dynamoTable } from './table.ts';

/** Which rows judge, in the runs table, one item a model. */
export function dynamoHoldoutStore(
  client: DynamoDBDocumentClient,
  runsTable: string,
): HoldoutStore {
  const runs = dynamoTable(client, runsTable);
  return {
    async get(model) {
      return runs.get(HoldoutItem, runsKeys.holdout(model));
    },
    put: (holdout) =>
      runs.putNext(
        runsKeys.holdout(holdout.model),
        { ...holdout },
        `the holdout of ${holdout.model}`,
      ),
  };
}
