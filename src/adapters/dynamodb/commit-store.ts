import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CommitDocument } from '#contracts/run.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import { type Commit, newestFirst } from '#domain/run.ts';
import { reaching } from '#adapters/aws/errors.ts';
import { commitsOf, RUN_INDEXES, runsKeys } from './keys.ts';
import { ABSENT, dynamoTable } from './table.ts';

/** Commits in the runs table. `list` reads an index, eventually consistently. */
export function dynamoCommitStore(client: DynamoDBDocumentClient, runsTable: string): CommitStore {
  const runs = dynamoTable(client, runsTable);
  return {
    async put(commit) {
      const stored = await runs.putIf(
        runsKeys.commit(commit.runId),
        {
          ...commit,
          gsiModel: commitsOf(commit.model),
          gsiSort: `${commit.commit}#${commit.runId}`,
        },
        ABSENT,
      );
      return stored ? 'stored' : 'exists';
    },

    async get(runId) {
      return runs.get(CommitDocument, runsKeys.commit(runId));
    },

    async list({ model, prefix, limit }) {
      const found: Commit[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const page = await reaching('DynamoDB', () =>
          client.send(
            new QueryCommand({
              TableName: runsTable,
              IndexName: RUN_INDEXES.byModel.name,
              KeyConditionExpression:
                prefix === ''
                  ? '#partition = :pk'
                  : '#partition = :pk and begins_with(#sort, :prefix)',
              ExpressionAttributeNames: {
                '#partition': RUN_INDEXES.byModel.partitionKey,
                ...(prefix === '' ? {} : { '#sort': RUN_INDEXES.byModel.sortKey }),
              },
              ExpressionAttributeValues: {
                ':pk': commitsOf(model),
                ...(prefix === '' ? {} : { ':prefix': prefix }),
              },
              ExclusiveStartKey: start,
            }),
          ),
        );
        found.push(...(page.Items ?? []).map((item) => runs.storedAs(CommitDocument, item)));
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      // The index sorts by hash; a prefix leaves few.
      return found.sort(newestFirst).slice(0, limit);
    },
  };
}
