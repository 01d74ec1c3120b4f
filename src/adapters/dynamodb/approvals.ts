import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Approvals } from '#domain/ports/approvals.ts';
import { ApprovalItem } from './documents.ts';
import { runsKeys } from './keys.ts';
import { dynamoTable } from './table.ts';

/** Approvals in the runs table, each moved by compare-and-swap on its revision. */
export function dynamoApprovals(client: DynamoDBDocumentClient, runsTable: string): Approvals {
  const runs = dynamoTable(client, runsTable);
  return {
    async get(runId, kind) {
      return runs.get(ApprovalItem, runsKeys.approval(runId, kind));
    },
    put: (approval) =>
      runs.putNext(
        runsKeys.approval(approval.runId, approval.kind),
        { ...approval },
        `the ${approval.kind} of ${approval.runId}`,
      ),
  };
}
