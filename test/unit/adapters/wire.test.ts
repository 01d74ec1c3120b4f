import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetExecutionHistoryCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { accessesOf } from '#adapters/aws/accesses.ts';
import { type AwsCall, awsClients } from '#adapters/aws/clients.ts';
import { eventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { faultPlan, withFaults } from '#adapters/faults.ts';
import { lambdaDecisions } from '#adapters/lambda/decisions.ts';
import { memoryClock } from '#adapters/memory/clock.ts';
import { memoryIds } from '#adapters/memory/ids.ts';
import { memoryStores } from '#adapters/memory/stores.ts';
import { lambdaServing } from '#adapters/lambda/serving.ts';
import { stepFunctionsExecutions } from '#adapters/step-functions/executions.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { commitOf } from '../../ports/support/samples.ts';

const KEYS = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };

describe('EventBridge', () => {
  it('throws Unavailable when the bus answers 200 with a refused entry', async () => {
    const client = new EventBridgeClient({ region: 'us-east-1' });
    mockClient(client)
      .on(PutEventsCommand)
      .resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] });
    await expect(
      eventBridgeBus(client, 'bus').publish({ type: 'T', detail: {} }),
    ).rejects.toMatchObject({ name: 'Unavailable', details: { code: 'ThrottlingException' } });
  });
});

describe('Lambda', () => {
  const answering = (answer: unknown, FunctionError?: string) => {
    const client = new LambdaClient({ region: 'us-east-1' });
    const Payload = new TextEncoder().encode(JSON.stringify(answer));
    const mock = mockClient(client);
    mock
      .on(InvokeCommand)
      .resolves({ Payload, ...(FunctionError ? { FunctionError } : {}) } as never);
    return { client, mock };
  };

  it("gives a function's own error back under its name", async () => {
    const { client } = answering(
      { errorType: 'ChampionMoved', errorMessage: 'moved' },
      'Unhandled',
    );
    await expect(lambdaDecisions(client, 'f').record({})).rejects.toMatchObject({
      name: 'ChampionMoved',
      message: 'moved',
    });
  });

  it.each(['Sandbox.Timedout', 'Runtime.ExitError', 'TypeError'])(
    'says Unavailable for %s',
    async (errorType) => {
      const { client } = answering({ errorType }, 'Unhandled');
      await expect(lambdaDecisions(client, 'f').record({})).rejects.toMatchObject({
        name: 'Unavailable',
        details: { type: errorType },
      });
    },
  );

  it("asks the slot's own function for predictions", async () => {
    const answer = {
      predictions: [{ id: 'p1', probability: 0.3, label: 'no' }],
      version: 2,
      sha256: 's',
      role: 'champion',
    };
    const { client, mock } = answering({ ...answer, model: 'm', stage: 'staging' });
    const serving = lambdaServing(client, { staging: 'fs', production: 'fp' });
    const { millis, ...rest } = await serving.predict('staging', 'm', [{ a: 1 }]);
    expect(rest).toEqual(answer);
    expect(millis).toBeGreaterThanOrEqual(0);
    const input = mock.commandCalls(InvokeCommand)[0]!.args[0].input;
    expect(input.FunctionName).toBe('fs');
    expect(JSON.parse(new TextDecoder().decode(input.Payload as Uint8Array))).toEqual({
      internal: { path: '/predict', model: 'm', records: [{ a: 1 }] },
    });
    await expect(serving.predict('staging', 'm', [{}, {}])).rejects.toMatchObject({
      name: 'SmokeTestFailed',
    });
    await expect(serving.health('staging', 'm')).rejects.toMatchObject({
      name: 'SmokeTestFailed',
      // One line, however much is wrong.
      message: expect.stringMatching(
        /^the health of staging: status: .+; routes: [^\n]+$/,
      ) as string,
    });
  });
});

describe('Step Functions', () => {
  const arn = 'arn:aws:states:us-east-1:000000000000:stateMachine:m';
  it.each(['TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken'])(
    'takes %s for a token that is worth nothing, unless an answer was lost',
    async (name) => {
      const client = new SFNClient({ region: 'us-east-1' });
      const mock = mockClient(client);
      const error = (attempts: number) =>
        Object.assign(new Error('no'), { name, $metadata: { attempts } });
      mock.on(SendTaskSuccessCommand).rejectsOnce(error(1)).rejectsOnce(error(2));
      const executions = stepFunctionsExecutions(client, arn);
      expect(await executions.succeed('t', {})).toBe(false);
      expect(await executions.succeed('t', {})).toBe(true);
    },
  );

  it('reads every page of a history, and forgets the failure that a retry cured', async () => {
    const client = new SFNClient({ region: 'us-east-1' });
    const mock = mockClient(client);
    const at = { timestamp: new Date(0) };
    const entered = { stateEnteredEventDetails: { name: 'A' } };
    const task = { taskScheduledEventDetails: { resource: 'invoke' } };
    const failed = { taskFailedEventDetails: { error: 'Unavailable' } };
    mock
      .on(GetExecutionHistoryCommand)
      .resolvesOnce({
        nextToken: 'n',
        events: [
          { ...at, id: 2, previousEventId: 0, type: 'TaskStateEntered', ...entered },
          { ...at, id: 3, previousEventId: 2, type: 'TaskScheduled', ...task },
          { ...at, id: 4, previousEventId: 3, type: 'TaskFailed', ...failed },
        ],
      } as never)
      .resolvesOnce({
        events: [
          { ...at, id: 5, previousEventId: 4, type: 'TaskScheduled', ...task },
          { ...at, id: 6, previousEventId: 5, type: 'TaskSucceeded' },
          {
            ...at,
            id: 7,
            previousEventId: 6,
            type: 'TaskStateExited',
            stateExitedEventDetails: { name: 'A' },
          },
          {
            ...at,
            id: 8,
            previousEventId: 7,
            type: 'FailStateEntered',
            stateEnteredEventDetails: { name: 'F' },
          },
          {
            ...at,
            id: 9,
            previousEventId: 8,
            type: 'ExecutionFailed',
            executionFailedEventDetails: { error: 'BadInput' },
          },
        ],
      } as never);
    const visits = await stepFunctionsExecutions(client, arn).visits('e');
    expect(visits.map((v) => [v.state, v.type, v.status, v.error])).toEqual([
      ['A', 'Task', 'success', null],
      ['F', 'Fail', 'failed', 'BadInput'],
    ]);
  });
});

describe('the client factory', () => {
  it('records one access an item of a transaction, with the action that AWS checks', async () => {
    const calls: AwsCall[] = [];
    const clients = awsClients({
      functionName: 'f',
      env: KEYS,
      record: (c) => calls.push(c),
      fault: () => ({ status: 200 }),
    });
    process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
    process.env['AWS_REGION'] ??= 'us-east-1';
    await clients.dynamodb().send(
      new TransactWriteCommand({
        TransactItems: [
          { Put: { TableName: 'c', Item: { pk: 'HEAD#m', sk: 'HEAD' } } },
          {
            Update: {
              TableName: 'r',
              Key: { pk: 'APPROVAL#r', sk: 'approval' },
              UpdateExpression: 'set a = b',
            },
          },
          {
            ConditionCheck: {
              TableName: 'r',
              Key: { pk: 'VERIFIED#m', sk: 's' },
              ConditionExpression: 'attribute_exists(pk)',
            },
          },
        ],
      }),
    );
    await clients
      .dynamodb()
      .send(new PutCommand({ TableName: 'r', Item: { pk: 'RUN#1', sk: 'RUN' } }));
    const f = { function: 'f' };
    expect(calls).toEqual([
      { ...f, action: 'dynamodb:PutItem', resource: 'table/c', key: 'HEAD#m' },
      { ...f, action: 'dynamodb:UpdateItem', resource: 'table/r', key: 'APPROVAL#r' },
      { ...f, action: 'dynamodb:ConditionCheckItem', resource: 'table/r', key: 'VERIFIED#m' },
      { ...f, action: 'dynamodb:PutItem', resource: 'table/r', key: 'RUN#1' },
    ]);
  });

  it.each([
    ['s3', 'HeadObject', { Bucket: 'b', Key: 'k/x' }, 's3:GetObject', 'arn:aws:s3:::b/k/x'],
    ['s3', 'ListObjectsV2', { Bucket: 'b' }, 's3:ListBucket', 'arn:aws:s3:::b'],
    ['lambda', 'Invoke', { FunctionName: 'f' }, 'lambda:InvokeFunction', 'function/f'],
    ['states', 'SendTaskSuccess', { taskToken: 't' }, 'states:SendTaskSuccess', '*'],
    ['states', 'StopExecution', { executionArn: 'arn:e' }, 'states:StopExecution', 'arn:e'],
    ['states', 'StartExecution', { stateMachineArn: 'arn:m' }, 'states:StartExecution', 'arn:m'],
    [
      'events',
      'PutEvents',
      { Entries: [{ EventBusName: 'arn:bus' }] },
      'events:PutEvents',
      'arn:bus',
    ],
    ['sqs', 'SendMessageBatch', { QueueUrl: 'http://x/0/q' }, 'sqs:SendMessage', 'queue/q'],
    [
      'dynamodb',
      'Query',
      { TableName: 't', IndexName: 'i', ExpressionAttributeValues: { ':pk': { S: 'RUNS' } } },
      'dynamodb:Query',
      'table/t/index/i',
    ],
  ])('knows the permission of %s %s', (service, command, input, action, resource) => {
    expect(accessesOf(service, command, input)[0]).toMatchObject({ action, resource });
  });

  it('tries three times at a server that answers 500', async () => {
    let attempts = 0;
    const clients = awsClients({
      env: KEYS,
      fault: () => {
        attempts++;
        return { status: 500 };
      },
    });
    await expect(
      clients.dynamodb().send(new PutCommand({ TableName: 'r', Item: { pk: 'a', sk: 'b' } })),
    ).rejects.toThrow();
    expect(attempts).toBe(3);
  });
});

describe('withFaults', () => {
  const commit = commitOf({ runId: 'r', model: 'm' });
  it('throws before, after, repeats, drops and delays the numbered call', async () => {
    const { commits } = memoryStores();
    const broken = withFaults(commits, [
      { call: 1, action: 'throw-before' },
      { call: 3, action: 'throw-after' },
      { call: 5, action: 'repeat' },
      { call: 6, action: 'drop' },
      { call: 7, action: { delayMillis: 5 } },
    ]);
    await expect(broken.put(commit)).rejects.toMatchObject({ name: 'Unavailable' });
    expect(await broken.get('r')).toBeUndefined();
    await expect(broken.put(commit)).rejects.toMatchObject({ name: 'Unavailable' });
    expect(await broken.get('r')).toEqual(commit);
    const other = { ...commit, runId: 'r2' };
    expect(await broken.put(other)).toBe('exists');
    expect(await broken.put({ ...commit, runId: 'r3' })).toBeUndefined();
    expect(await broken.get('r3')).toBeUndefined();
  });

  it('numbers the calls of several ports together, and of one method alone', async () => {
    const { locks, commits } = memoryStores();
    const plan = faultPlan([{ call: 2, method: 'list', action: 'throw-before' }]);
    const a = withFaults(commits, plan);
    const b = withFaults(locks, plan);
    const all = { model: 'm', prefix: '', limit: 1 };
    await a.list(all);
    await b.get('m');
    await expect(a.list(all)).rejects.toThrow('call 3 (list)');
    expect(plan.calls.map((c) => c.method)).toEqual(['list', 'get', 'list']);
  });
});

describe('clock and ids', () => {
  it('gives ISO 8601 UTC with milliseconds', () => {
    expect(systemClock().now()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const clock = memoryClock('2026-01-01T00:00:00.000Z');
    clock.advance(1500);
    expect(clock.now()).toBe('2026-01-01T00:00:01.500Z');
  });
  it('gives ids of 26 characters, each once', () => {
    for (const ids of [systemIds(), memoryIds()]) {
      const made = Array.from({ length: 1000 }, () => ids.next());
      expect(new Set(made).size).toBe(1000);
      expect(made.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true);
    }
  });
});
