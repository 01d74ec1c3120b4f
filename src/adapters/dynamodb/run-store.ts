import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { CommitDocument, RunDocument } from '#contracts/run.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { Commit, Run, StepRecord } from '#domain/run.ts';
import { reaching } from '#adapters/aws/errors.ts';
import { jsonText } from '#adapters/json-text.ts';
import { HoldoutItem, LockItem, StepItem } from './documents.ts';
import { ALL_RUNS, commitsOf, RUN_INDEXES, runsKeys, runsOf } from './keys.ts';
import { ABSENT, follows, table } from './table.ts';

/**
 * Commits, runs, steps, locks, holdouts and verifications in the runs table.
 *
 * Reads are strongly consistent, except `runs`, which reads an index.
 */
export function dynamoRunStore(client: DynamoDBDocumentClient, runsTable: string): RunStore {
  const runs = table(client, runsTable);

  return {
    async putCommit(commit) {
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

    async commit(runId) {
      const item = await runs.get(runsKeys.commit(runId));
      return item === undefined ? undefined : CommitDocument.parse(item);
    },

    async commits({ model, prefix, limit }) {
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
        found.push(...(page.Items ?? []).map((item) => CommitDocument.parse(item)));
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      // The index sorts by hash; a prefix leaves few.
      return found.sort(newestFirst).slice(0, limit);
    },

    async createRun(run) {
      const created = await runs.putIf(runsKeys.run(run.runId), indexed(run), ABSENT);
      return created ? 'created' : 'exists';
    },

    async run(runId) {
      const item = await runs.get(runsKeys.run(runId));
      return item === undefined ? undefined : RunDocument.parse(item);
    },

    async runs({ model, limit, cursor }) {
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
      const found = (page.Items ?? []).map((item) => RunDocument.parse(item));
      return page.LastEvaluatedKey === undefined
        ? { runs: found }
        : { runs: found, cursor: toCursor(page.LastEvaluatedKey) };
    },

    async replaceRun(run) {
      const replaced = await runs.putIf(runsKeys.run(run.runId), indexed(run), {
        expression: 'revision = :before',
        values: { ':before': run.revision - 1 },
      });
      if (!replaced) throw conflict(`the run ${run.runId}`, run.revision);
    },

    async recordStep(record) {
      // The first record stands: whoever runs the same step with the same input again reads it.
      await runs.putIf(
        runsKeys.step(record.runId, record.step, record.inputHash),
        { ...record, output: jsonText(record.output) },
        ABSENT,
      );
    },

    async step(runId, step, inputHash) {
      const item = await runs.get(runsKeys.step(runId, step, inputHash));
      return item === undefined ? undefined : toStep(item);
    },

    async steps(runId) {
      const items = await runs.all(runsKeys.steps(runId));
      return items.map(toStep).sort(byStart);
    },

    async lock(model) {
      const item = await runs.get(runsKeys.lock(model));
      return item === undefined ? undefined : LockItem.parse(item);
    },

    async putLock(lock) {
      const stored = await runs.putIf(
        runsKeys.lock(lock.model),
        { schemaVersion: 1, ...lock },
        follows(lock.revision),
      );
      if (!stored) throw conflict(`the lock of ${lock.model}`, lock.revision);
    },

    async holdout(model) {
      const item = await runs.get(runsKeys.holdout(model));
      return item === undefined ? undefined : HoldoutItem.parse(item);
    },

    async putHoldout(holdout) {
      const stored = await runs.putIf(
        runsKeys.holdout(holdout.model),
        { ...holdout },
        follows(holdout.revision),
      );
      if (!stored) throw conflict(`the holdout of ${holdout.model}`, holdout.revision);
    },

    async putVerified(model, sha256, runId, at) {
      // Verified once is verified: a second run of the same bytes changes nothing.
      await runs.putIf(
        runsKeys.verified(model, sha256),
        { schemaVersion: 1, model, sha256, runId, at },
        ABSENT,
      );
    },

    async verified(model, sha256) {
      return (await runs.get(runsKeys.verified(model, sha256))) !== undefined;
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

function toStep(item: Record<string, unknown>): StepRecord {
  const parsed = StepItem.parse(item);
  const output: unknown = JSON.parse(parsed.output);
  return { ...parsed, output };
}

/** In the order in which they began. */
export function byStart(a: StepRecord, b: StepRecord): number {
  return order(a.startedAt, b.startedAt) || order(a.step, b.step) || a.attempt - b.attempt;
}
export function newestFirst(a: Commit, b: Commit): number {
  return order(b.asOf, a.asOf) || order(b.runId, a.runId);
}
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function conflict(what: string, revision: number): TitleholderError {
  return new TitleholderError(
    'Conflict',
    `${what} is no longer at revision ${revision - 1}; read it again`,
    { revision },
  );
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
