import { beforeAll, describe, expect, it } from 'vitest';
import { callsIn, evaluate, type Grant, grantsIn, type RecordedCall } from './least-privilege.ts';
import { appOf, LOCAL, templatesOf } from './synthesize.ts';

const ENV = { CDK_DEFAULT_ACCOUNT: '000000000000', CDK_DEFAULT_REGION: 'us-east-1' };
const TABLE = 'table/titleholder-local-champion';

describe('the evaluator of recorded calls', () => {
  let grants: readonly Grant[];
  beforeAll(() => {
    grants = grantsIn(templatesOf(appOf(LOCAL, ENV)).stateless);
  });

  const promote: readonly RecordedCall[] = [
    {
      function: 'titleholder-local-record-decision',
      action: 'dynamodb:PutItem',
      resource: TABLE,
      key: 'POINTER#m',
    },
    {
      function: 'titleholder-local-record-decision',
      action: 'dynamodb:ConditionCheckItem',
      resource: 'table/titleholder-local-runs',
      key: 'VERIFIED#m',
    },
    {
      function: 'titleholder-local-full-train',
      action: 's3:PutObject',
      resource: 'arn:aws:s3:::titleholder-local-artifacts-000000000000-us-east-1/models/ab/cd',
    },
    { function: 'titleholder-local-close-run', action: 'states:SendTaskSuccess', resource: '*' },
    {
      function: 'titleholder-local-smoke-test',
      action: 'lambda:InvokeFunction',
      resource: 'function/titleholder-local-serve-model-staging',
    },
    {
      function: 'titleholder-local-start-run',
      action: 'sqs:SendMessage',
      resource: 'queue/titleholder-local-commits-dead-letters',
    },
    {
      function: 'titleholder-local-accept-commit',
      action: 'events:PutEvents',
      resource: 'event-bus/titleholder-local',
    },
    {
      function: 'titleholder-local-read-pipeline',
      action: 'dynamodb:Query',
      resource: 'table/titleholder-local-runs/index/byModel',
      key: 'RUNS#m',
    },
    {
      function: 'titleholder-local-record-run',
      action: 'mlflow:POST',
      resource: '/api/2.0/mlflow/runs/create',
    },
  ];

  it('denies nothing of what the functions were granted', () => {
    expect(evaluate(grants, promote).denied).toEqual([]);
  });

  it('denies a call whose grant was removed', () => {
    const fewer = grants.filter(
      (g) => !(g.function.endsWith('full-train') && g.actions.includes('s3:PutObject')),
    );
    expect(fewer.length).toBe(grants.length - 1);
    expect(evaluate(fewer, promote).denied).toEqual([promote[2]]);
  });

  it.each([
    [
      'another function',
      {
        function: 'titleholder-local-decide-run',
        action: 'dynamodb:PutItem',
        resource: TABLE,
        key: 'POINTER#m',
      },
    ],
    [
      'another kind of item',
      {
        function: 'titleholder-local-deliver-outbox',
        action: 'dynamodb:DeleteItem',
        resource: TABLE,
        key: 'LEDGER#m',
      },
    ],
    [
      'an item of no known key',
      {
        function: 'titleholder-local-smoke-test',
        action: 'dynamodb:PutItem',
        resource: 'table/titleholder-local-runs',
      },
    ],
    [
      'another folder of the bucket',
      {
        function: 'titleholder-local-serve-model-staging',
        action: 's3:GetObject',
        resource: 'arn:aws:s3:::titleholder-local-artifacts-000000000000-us-east-1/data/ab/cd',
      },
    ],
    [
      'another queue',
      {
        function: 'titleholder-local-start-run',
        action: 'sqs:SendMessage',
        resource: 'queue/titleholder-local-moves',
      },
    ],
    [
      'an answer to a token from a function that has none',
      { function: 'titleholder-local-full-train', action: 'states:SendTaskSuccess', resource: '*' },
    ],
  ])('denies %s', (_, call: RecordedCall) => {
    expect(evaluate(grants, [call]).denied).toEqual([call]);
  });

  it('lets a Deny win over an Allow', () => {
    const [call] = promote as [RecordedCall];
    const deny: Grant = {
      function: call.function,
      effect: 'Deny',
      actions: ['dynamodb:Put*'],
      resources: ['*'],
      leadingKeys: undefined,
    };
    expect(evaluate([...grants, deny], [call]).denied).toEqual([call]);
  });

  it('lists what was granted and not used, one action on one resource each', () => {
    const { unused } = evaluate(grants, promote);
    const of = (name: string) => unused.filter((u) => u.function === name).map((u) => u.action);
    expect(of('titleholder-local-open-run')).toContain('states:StopExecution');
    expect(of('titleholder-local-smoke-test')).not.toContain('lambda:InvokeFunction');
    expect(of('titleholder-local-full-train')).not.toContain('logs:PutLogEvents');
    expect(
      unused
        .filter((u) => u.function.endsWith('full-train') && u.action === 's3:PutObject')
        .map((u) => u.resource),
    ).toEqual(['arn:aws:s3:::titleholder-local-artifacts-000000000000-us-east-1/reports/*']);
  });

  it('finds the records between other lines of a log', () => {
    const line = JSON.stringify({ awsCall: promote[0] });
    expect(callsIn(`START\n2026-01-01T00:00:00Z ${line}\n{"awsCall": broken\nEND`)).toEqual([
      promote[0],
    ]);
  });
});
