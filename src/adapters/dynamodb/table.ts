/** What is done to a table here: read an item, read a partition, write if, write the next revision. */
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { canonicalJson } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { attemptsOf, isAwsError, reaching } from '#adapters/aws/errors.ts';
import type { Key } from './keys.ts';

type Item = Record<string, unknown>;

/** A condition on the item as it is stored now. */
export interface Condition {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
}

export const ABSENT: Condition = { expression: 'attribute_not_exists(pk)' };

/** The stored revision must be the one before `revision`; before 1 there is nothing. */
export function follows(revision: number): Condition {
  if (revision <= 1) return ABSENT;
  return {
    expression: 'revision = :before',
    values: { ':before': revision - 1 },
  };
}

export function conditionInput(condition: Condition): {
  ConditionExpression: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
} {
  return {
    ConditionExpression: condition.expression,
    ...(condition.names === undefined ? {} : { ExpressionAttributeNames: { ...condition.names } }),
    ...(condition.values === undefined
      ? {}
      : { ExpressionAttributeValues: { ...condition.values } }),
  };
}

export interface Table {
  readonly name: string;
  get(key: Key): Promise<Item | undefined>;
  /** A whole partition, all pages, in order of sk. */
  all(of: { readonly pk: string }): Promise<readonly Item[]>;
  /**
   * Writes if the condition holds; false when it doesn't. A write that the SDK sent again because its
   * first answer was lost meets its own item: that counts as written.
   */
  putIf(key: Key, item: Item, condition: Condition): Promise<boolean>;
  /**
   * Writes an item over the one of the revision before its own, as `putIf` does. Throws `Conflict`,
   * which names the item as `what` does.
   */
  putNext(key: Key, item: Item & { readonly revision: number }, what: string): Promise<void>;
}

export function table(client: DynamoDBDocumentClient, name: string): Table {
  const get = async (key: Key): Promise<Item | undefined> => {
    const answer = await reaching('DynamoDB', () =>
      client.send(new GetCommand({ TableName: name, Key: { ...key }, ConsistentRead: true })),
    );
    return answer.Item;
  };
  const putIf: Table['putIf'] = async (key, item, condition) => {
    const whole = { ...item, ...key };
    try {
      await reaching('DynamoDB', () =>
        client.send(new PutCommand({ TableName: name, Item: whole, ...conditionInput(condition) })),
      );
      return true;
    } catch (error) {
      if (isTooLarge(error)) throw tooLarge(key, error);
      if (!isAwsError(error, 'ConditionalCheckFailedException')) throw error;
      if (attemptsOf(error) === 1) return false;
      const stored = await get(key);
      return stored !== undefined && sameJson(stored, whole);
    }
  };
  return {
    name,
    get,
    putIf,

    async all({ pk }) {
      const items: Item[] = [];
      let start: Item | undefined;
      do {
        const page = await reaching('DynamoDB', () =>
          client.send(
            new QueryCommand({
              TableName: name,
              ConsistentRead: true,
              KeyConditionExpression: 'pk = :pk',
              ExpressionAttributeValues: { ':pk': pk },
              ExclusiveStartKey: start,
            }),
          ),
        );
        items.push(...(page.Items ?? []));
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      return items;
    },

    async putNext(key, item, what) {
      const stored = await putIf(key, item, follows(item.revision));
      if (!stored) throw conflict(what, item.revision);
    },
  };
}

/** Somebody else stored the revision that `what` was to get. */
export function conflict(what: string, revision: number): TitleholderError {
  return new TitleholderError(
    'Conflict',
    `${what} is no longer at revision ${revision - 1}; read it again`,
    { revision },
  );
}

/** Equal as JSON, whatever the order of the fields. */
function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(JSON.parse(JSON.stringify(b)));
}

function isTooLarge(error: unknown): boolean {
  return isAwsError(error, 'ValidationException') && /item size/i.test(error.message);
}

function tooLarge(key: Key, cause: unknown): TitleholderError {
  return new TitleholderError(
    'TooLarge',
    `${key.pk}/${key.sk} is over DynamoDB's 400 KB an item; store a reference instead`,
    {},
    { cause },
  );
}

/** An item without its table's own attributes. */
export function withoutKeys(item: Item): Item {
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => name !== 'pk' && name !== 'sk'),
  );
}
