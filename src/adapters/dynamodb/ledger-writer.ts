import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChainedEntry } from '#domain/ledger.ts';
import { assertRoutes } from '#domain/pointer.ts';
import type { LedgerWriter, RegistryChange } from '#domain/ports/ledger-writer.ts';
import { attemptsOf, isAmbiguous, unavailable } from '#adapters/aws/errors.ts';
import { jsonText } from '#adapters/json-text.ts';
import { refusalOf, type ChangePart } from '#domain/registry-refusal.ts';
import { dynamoChampionRegistry } from './champion-registry.ts';
import { championKeys, runsKeys } from './keys.ts';
import { ABSENT, type Condition, conditionInput, follows } from './table.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * Two transactions that touch the same item at the same moment cancel one another
 * (`TransactionConflict`): neither has won yet, so it is tried again, 25 to 50 ms · 2^n, five times.
 */
const CONFLICT_TRIES = 5;
const CONFLICT_MILLIS = 50;

/**
 * One decision is one transaction: entry, pointer, version, charter and outbox in the champion table,
 * the approval that it spends and the verification that it checks in the runs table.
 *
 * A transaction whose answer was lost is looked up by its decision, never sent again blindly:
 * ClientRequestToken would only help for ten minutes, and not on every AWS.
 */
export function dynamoLedgerWriter(
  client: DynamoDBDocumentClient,
  championTable: string,
  runsTable: string,
): LedgerWriter {
  const registry = dynamoChampionRegistry(client, championTable);

  /** After an attempt that may have acted: did this very entry go in? */
  const wentIn = async (entry: ChainedEntry): Promise<boolean> =>
    (await registry.decision(entry.model, entry.decisionId))?.hash === entry.hash;

  return {
    async commit(change) {
      if (change.pointer !== undefined) assertRoutes(change.pointer);
      const parts = transactionOf(change, championTable, runsTable);
      for (let tried = 1; ; tried++) {
        try {
          await client.send(new TransactWriteCommand({ TransactItems: parts.map((p) => p.item) }));
          return;
        } catch (error) {
          if (isAmbiguous(error)) {
            if (await wentIn(change.entry)) return;
            throw unavailable('DynamoDB', error);
          }
          if (!(error instanceof TransactionCanceledException)) throw error;
          const codes = (error.CancellationReasons ?? []).map((r) => r.Code ?? 'None');
          const failed = parts.filter((_, i) => codes[i] === 'ConditionalCheckFailed');
          const refusal = refusalOf(
            failed.map((p) => p.part),
            change,
          );
          if (refusal !== undefined) {
            if (attemptsOf(error) > 1 && (await wentIn(change.entry))) return;
            throw refusal;
          }
          if (!codes.some((c) => PASSING.includes(c))) throw error;
          if (tried === CONFLICT_TRIES) throw unavailable('DynamoDB', error);
          await sleep(CONFLICT_MILLIS * 2 ** (tried - 1) * (0.5 + Math.random() / 2));
        }
      }
    },
  };
}

/** Reasons that pass by themselves. */
const PASSING: readonly string[] = [
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
];

/** An item with the part of the change whose condition it carries. */
interface TransactionPart {
  readonly part: ChangePart;
  readonly item: TransactItem;
}

/** The transaction, the champion table's items first. */
function transactionOf(
  change: RegistryChange,
  championTable: string,
  runsTable: string,
): readonly TransactionPart[] {
  const { entry, pointer, version, charter, outbox } = change;
  const { model, sequence } = entry;
  const put = (
    part: ChangePart,
    key: { readonly pk: string; readonly sk: string },
    document: object,
    condition?: Condition,
  ) => ({
    part,
    item: {
      Put: {
        TableName: championTable,
        Item: { ...document, ...key },
        ...(condition === undefined ? {} : conditionInput(condition)),
      },
    },
  });

  return [
    put('entry', championKeys.entry(model, sequence), entry, ABSENT),
    put(
      'head',
      championKeys.head(model),
      { schemaVersion: 1, sequence, hash: entry.hash },
      entry.prevHash === null
        ? ABSENT
        : {
            expression: '#sequence = :sequence and #hash = :hash',
            names: { '#sequence': 'sequence', '#hash': 'hash' },
            values: { ':sequence': sequence - 1, ':hash': entry.prevHash },
          },
    ),
    put(
      'decision',
      championKeys.decision(model, entry.decisionId),
      { schemaVersion: 1, sequence },
      ABSENT,
    ),
    ...(pointer === undefined
      ? []
      : [
          put(
            'pointer',
            championKeys.pointer(pointer.model, pointer.slot),
            pointer,
            follows(pointer.revision),
          ),
        ]),
    ...(version === undefined
      ? []
      : [put('version', championKeys.version(version.model, version.version), version, ABSENT)]),
    // Unconditional: the head's condition already orders the acceptances of one model's charters.
    ...(charter === undefined
      ? []
      : [put('charter', championKeys.charter(charter.model), charter)]),
    ...(outbox === undefined
      ? []
      : [
          put(
            'outbox',
            championKeys.event(outbox.id),
            {
              schemaVersion: 1,
              id: outbox.id,
              type: outbox.type,
              detail: jsonText(outbox.detail),
              at: entry.at,
              model,
              sequence,
            },
            ABSENT,
          ),
        ]),
    ...ofRunsTable(change, runsTable),
  ];
}

/** The approval that it spends, and the verification that it checks. */
function ofRunsTable(
  { entry, spend, requireVerified }: RegistryChange,
  runsTable: string,
): readonly TransactionPart[] {
  return [
    ...(spend === undefined
      ? []
      : [
          {
            part: 'spend' as const,
            item: {
              Update: {
                TableName: runsTable,
                Key: { ...runsKeys.approval(spend.runId, spend.kind) },
                UpdateExpression: 'set #status = :spent, revision = :after',
                ConditionExpression: '#status = :approved and revision = :before',
                ExpressionAttributeNames: { '#status': 'status' },
                ExpressionAttributeValues: {
                  ':spent': 'spent',
                  ':approved': 'approved',
                  ':before': spend.revision,
                  ':after': spend.revision + 1,
                },
              },
            },
          },
        ]),
    ...(requireVerified === undefined
      ? []
      : [
          {
            part: 'verified' as const,
            item: {
              ConditionCheck: {
                TableName: runsTable,
                Key: { ...runsKeys.verified(entry.model, requireVerified) },
                ConditionExpression: 'attribute_exists(pk)',
              },
            },
          },
        ]),
  ];
}
