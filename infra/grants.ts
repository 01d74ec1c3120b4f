/**
 * What a function may do, as IAM statements of single actions on named resources.
 *
 * Both tables hold several kinds of items under one name; `dynamodb:LeadingKeys` (the partition key)
 * narrows a grant to the kinds that the function needs. Source: src/adapters/dynamodb/keys.ts.
 */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RUN_INDEXES } from '#adapters/dynamodb/keys.ts';
import { EVENT_SOURCE, typesPublishedBy } from '#contracts/events.ts';
import type { PhysicalNames } from '#contracts/physical-names.ts';

export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Mandatory where a resource ends in a wildcard: becomes the acknowledgement's reason. */
  readonly why?: string;
}

export type RunsItem = 'COMMIT' | 'RUN' | 'STEP' | 'LOCK' | 'HOLDOUT' | 'VERIFIED' | 'APPROVAL';
export type ChampionItem =
  | 'POINTER'
  | 'HEAD'
  | 'LEDGER'
  | 'DECISION'
  | 'VERSION'
  | 'CHARTER'
  | 'OUTBOX';
export type ObjectFolder = 'bundles' | 'data' | 'reports' | 'models' | 'evidence';

type DynamoAction =
  | 'GetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'ConditionCheckItem';

export interface Grants {
  readonly runs: (actions: readonly DynamoAction[], items: readonly RunsItem[]) => Grant;
  /** Lists by the runs table's indexes. */
  readonly runLists: () => Grant;
  readonly commitLists: () => Grant;
  readonly champion: (actions: readonly DynamoAction[], items: readonly ChampionItem[]) => Grant;
  /** Reading needs ListBucket too, else a missing object answers 403 and not 404. */
  readonly read: (...folders: readonly ObjectFolder[]) => readonly Grant[];
  readonly write: (...folders: readonly ObjectFolder[]) => Grant;
  readonly tokens: (...actions: readonly ('SendTaskSuccess' | 'SendTaskFailure')[]) => Grant;
  readonly executions: (
    ...actions: readonly ('DescribeExecution' | 'GetExecutionHistory' | 'StopExecution')[]
  ) => Grant;
  readonly machine: (...actions: readonly ('StartExecution' | 'DescribeStateMachine')[]) => Grant;
  /** The events that the function of this name publishes. */
  readonly publish: (busArn: string, functionName: string) => Grant;
  readonly invoke: (...functionArns: readonly string[]) => Grant;
  readonly send: (queueArn: string) => Grant;
}

const leading = (items: readonly string[]) => ({
  'ForAllValues:StringLike': {
    'dynamodb:LeadingKeys': items.map((item) => (item === 'OUTBOX' ? item : `${item}#*`)),
  },
});

export function grantsOf(names: PhysicalNames): Grants {
  const dynamo = (actions: readonly DynamoAction[]) => actions.map((a) => `dynamodb:${a}`);
  const objects = (folders: readonly ObjectFolder[]) =>
    folders.map((folder) => `${names.bucketArn}/${folder}/*`);
  const query = (...indexes: readonly { readonly name: string }[]): Grant => ({
    actions: ['dynamodb:Query'],
    resources: indexes.map(({ name }) => `${names.runsTableArn}/index/${name}`),
  });
  const byHash =
    'objects are named by the hash of their bytes, so their names are not known before';
  return {
    runs: (actions, items) => ({
      actions: dynamo(actions),
      resources: [names.runsTableArn],
      conditions: leading(items),
    }),
    runLists: () => query(RUN_INDEXES.byModel, RUN_INDEXES.byTime),
    commitLists: () => query(RUN_INDEXES.byModel),
    champion: (actions, items) => ({
      actions: dynamo(actions),
      resources: [names.championTableArn],
      conditions: leading(items),
    }),
    read: (...folders) => [
      { actions: ['s3:GetObject'], resources: objects(folders), why: byHash },
      { actions: ['s3:ListBucket'], resources: [names.bucketArn] },
    ],
    write: (...folders) => ({
      actions: ['s3:PutObject'],
      resources: objects(folders),
      why: byHash,
    }),
    tokens: (...actions) => ({
      actions: actions.map((a) => `states:${a}`),
      resources: [names.machineArn],
    }),
    executions: (...actions) => ({
      actions: actions.map((a) => `states:${a}`),
      resources: [names.executionArn('*')],
      why: 'executions are named by the run; all of one machine',
    }),
    machine: (...actions) => ({
      actions: actions.map((a) => `states:${a}`),
      resources: [names.machineArn],
    }),
    publish: (busArn, functionName) => ({
      actions: ['events:PutEvents'],
      resources: [busArn],
      conditions: {
        StringEquals: {
          'events:detail-type': [...typesPublishedBy(functionName)],
          'events:source': [EVENT_SOURCE],
        },
      },
    }),
    invoke: (...functionArns) => ({
      actions: ['lambda:InvokeFunction'],
      resources: functionArns,
    }),
    send: (queueArn) => ({ actions: ['sqs:SendMessage'], resources: [queueArn] }),
  };
}

export function statementOf(grant: Grant): PolicyStatement {
  return new PolicyStatement({
    actions: [...grant.actions],
    resources: [...grant.resources],
    ...(grant.conditions === undefined ? {} : { conditions: grant.conditions }),
  });
}
