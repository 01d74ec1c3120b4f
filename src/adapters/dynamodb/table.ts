/** What is done to a table here: read an item, read a partition, write if, write the next revision. */
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { parse } from '#contracts/parse.ts';
import { canonicalJson } from '#domain/canonical.ts';
import { revisionTaken } from '#domain/compare-and-swap.ts';
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

/** The stored revision must be the one before `revision`; for 1 no item may be stored. */
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

export interface DynamoTable {
  has(key: Key): Promise<boolean>;
  /** The item as its schema reads it; undefined where there is none. Throws as `storedAs`. */
  get<S extends z.ZodType>(schema: S, key: Key): Promise<z.output<S> | undefined>;
  /** A whole partition, all pages, in order of sk. Throws as `storedAs`. */
  all<S extends z.ZodType>(schema: S, of: { readonly pk: string }): Promise<readonly z.output<S>[]>;
  /**
   * An item that a query of this table found, as its schema reads it. Throws `ArtifactInvalid`, which
   * names table, key and fields, and holds no value of a field.
   */
  storedAs<S extends z.ZodType>(schema: S, item: Item): z.output<S>;
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

export function dynamoTable(client: DynamoDBDocumentClient, name: string): DynamoTable {
  const item = async (key: Key): Promise<Item | undefined> => {
    const answer = await reaching('DynamoDB', () =>
      client.send(new GetCommand({ TableName: name, Key: { ...key }, ConsistentRead: true })),
    );
    return answer.Item;
  };
  const storedAs: DynamoTable['storedAs'] = (schema, { pk, sk, ...fields }) =>
    parse(
      schema,
      fields,
      `the item ${String(pk)}, ${String(sk)} of the table ${name}`,
      'ArtifactInvalid',
    );

  const putIf: DynamoTable['putIf'] = async (key, fields, condition) => {
    const whole = { ...fields, ...key };
    try {
      await reaching('DynamoDB', () =>
        client.send(new PutCommand({ TableName: name, Item: whole, ...conditionInput(condition) })),
      );
      return true;
    } catch (error) {
      if (isTooLarge(error)) throw tooLarge(key, error);
      if (!isAwsError(error, 'ConditionalCheckFailedException')) throw error;
      if (attemptsOf(error) === 1) return false;
      const stored = await item(key);
      return stored !== undefined && sameJson(stored, whole);
    }
  };
  return {
    storedAs,
    putIf,

    async has(key) {
      return (await item(key)) !== undefined;
    },

    async get(schema, key) {
      const stored = await item(key);
      return stored === undefined ? undefined : storedAs(schema, stored);
    },

    async all(schema, { pk }) {
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
      return items.map((one) => storedAs(schema, one));
    },

    async putNext(key, fields, what) {
      const stored = await putIf(key, fields, follows(fields.revision));
      if (!stored) throw revisionTaken(what, fields.revision);
    },
  };
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
