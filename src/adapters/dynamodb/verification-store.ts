import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { VerificationStore } from '#domain/ports/verification-store.ts';
import { runsKeys } from './keys.ts';
import { ABSENT, dynamoTable } from './table.ts';

/** What staging verified, in the runs table; the ledger's transaction checks these items. */
export function dynamoVerificationStore(
  client: DynamoDBDocumentClient,
  runsTable: string,
): VerificationStore {
  const runs = dynamoTable(client, runsTable);
  return {
    async put({ model, sha256, runId, at }) {
      await runs.putIf(
        runsKeys.verified(model, sha256),
        { schemaVersion: 1, model, sha256, runId, at },
        ABSENT,
      );
    },
    async has(model, sha256) {
      return runs.has(runsKeys.verified(model, sha256));
    },
  };
}
