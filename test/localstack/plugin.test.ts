/** What the LocalStack plugin adds: the executor of functions, DynamoDB, the catalog, each repair. */
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from '../../localstack/stack.ts';
import { call, clientConfig, eventually, functions, isAlive, ROLE } from './support/aws.ts';
import { templateOf } from './support/template.ts';

let stack: Stack;
let fn: ReturnType<typeof functions>;
const dir = mkdtempSync(join(tmpdir(), 'titleholder-plugin-'));

beforeAll(async () => {
  stack = await startStack({
    dir,
    mlflow: false,
    localstackEnv: {
      SERVER_ONLY: 'secret',
      // To see that a test needs its repair: SKIP_REPAIRS=token_answered_early npx vitest …
      TITLEHOLDER_SKIP_REPAIRS: process.env['SKIP_REPAIRS'] ?? '',
    },
  });
  fn = functions(stack.awsEndpointUrl);
});

afterAll(async () => {
  await stack.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe.concurrent('the executor', () => {
  it('runs ESM and CJS handlers with true remaining time on a heap of the set size', async () => {
    const code = `
      const v8 = await import('node:v8');
      return { node: process.versions.node, task: process.env.LAMBDA_TASK_ROOT === process.cwd(),
        left: context.getRemainingTimeInMillis(), heap: v8.getHeapStatistics().heap_size_limit / 2 ** 20,
        event, name: context.functionName, server: process.env.SERVER_ONLY ?? null, endpoint: process.env.AWS_ENDPOINT_URL };`;
    await fn.create('esm', `export const handler = async (event, context) => {${code}};`, {
      timeout: 70,
      memory: 300,
    });
    await fn.create(
      'cjs',
      `Object.assign(exports, { handler: async (event, context) => {${code}} });`,
      { file: 'index.js' },
    );
    const { body, error, log } = await fn.invoke('esm', { a: 'é\n' });
    expect(error).toBeUndefined();
    expect(body).toMatchObject({
      event: { a: 'é\n' },
      name: 'esm',
      task: true,
      server: null,
      endpoint: stack.awsEndpointUrl,
    });
    expect(String(body['node'])).toMatch(/^24\./);
    expect(Number(body['left'])).toBeGreaterThan(40_000);
    expect(Number(body['left'])).toBeLessThanOrEqual(70_000);
    expect(Number(body['heap'])).toBeGreaterThan(290);
    expect(Number(body['heap'])).toBeLessThan(500);
    expect(log).toMatch(
      /^START RequestId: .*\nEND RequestId: .*\nREPORT RequestId: .*Duration: .* ms/,
    );
    expect((await fn.invoke('cjs')).body).toMatchObject({ name: 'cjs' });
  });

  it("answers an error with the error's own name, message and stack, and keeps the environment", async () => {
    await fn.create(
      'thrower',
      `let count = 0; class LockHeld extends Error { name = 'LockHeld' }
       export const handler = async () => { console.log('try', ++count); throw new LockHeld('by another run'); };`,
    );
    const first = await fn.invoke('thrower');
    expect(first.error).toBe('Unhandled');
    expect(first.body).toMatchObject({ errorType: 'LockHeld', errorMessage: 'by another run' });
    expect(String(first.body['trace'])).toContain('index.mjs');
    expect((await fn.invoke('thrower')).log).toContain('try 2');
  });

  it('kills a function and all it started at its time-out, and starts a new one', async () => {
    await fn.create(
      'slow',
      `import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
       export const handler = async ({ loop }) => { if (!loop) return 'ok';
         const child = spawn('sleep', ['300']); writeFileSync(loop, process.pid + ' ' + child.pid); for (;;); };`,
      { timeout: 3 },
    );
    const pidFile = join(dir, 'slow.pids');
    const { body, log } = await fn.invoke('slow', { loop: pidFile });
    expect(body['errorType']).toBe('Sandbox.Timedout');
    expect(body['errorMessage']).toMatch(/Task timed out after 3\.00 seconds$/);
    expect(log).toContain('Task timed out after 3.00 seconds');
    const pids = readFileSync(pidFile, 'utf8').split(' ').map(Number);
    expect(pids).toHaveLength(2);
    await eventually('both gone', 300_000, () => (pids.some(isAlive) ? undefined : true));
    expect((await fn.invoke('slow')).body).toEqual({ value: 'ok' });
  });

  it('answers Runtime.ExitError when a function exits or runs out of memory, then runs again', async () => {
    await fn.create(
      'quitter',
      `export const handler = async ({ how }) => { if (how === 'exit') process.exit(3);
        if (how === 'memory') { const all = []; for (;;) all.push(new Array(1e5).fill({}).map(() => ({ a: Math.random() }))); }
        if (how === 'later') { setTimeout(() => { throw new Error('after the answer'); }, 20); }
        if (how === 'reject') { Promise.reject(new TypeError('nobody waits')); await new Promise((r) => setTimeout(r, 500)); }
        return 'ok'; };`,
      { timeout: 20 },
    );
    expect((await fn.invoke('quitter', { how: 'exit' })).body).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('exit status 3') as unknown,
    });
    expect((await fn.invoke('quitter', { how: 'memory' })).body['errorType']).toBe(
      'Runtime.ExitError',
    );
    expect((await fn.invoke('quitter', { how: 'reject' })).body['errorType']).toBe(
      'Runtime.UnhandledPromiseRejection',
    );
    expect((await fn.invoke('quitter', { how: 'later' })).body).toEqual({ value: 'ok' });
    await new Promise((later) => setTimeout(later, 300));
    expect((await fn.invoke('quitter')).body).toEqual({ value: 'ok' });
  });

  it('answers with the error of a module that fails to load', async () => {
    await fn.create('broken', `throw new RangeError('at load'); export const handler = 1;`);
    await fn.create('nameless', `export const other = 1;`);
    expect((await fn.invoke('broken')).body).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'at load',
    });
    expect((await fn.invoke('nameless')).body['errorType']).toBe('Runtime.HandlerNotFound');
  });

  it('refuses an answer above 6 MB and passes one below', async () => {
    await fn.create('big', `export const handler = async ({ size }) => 'x'.repeat(size);`);
    expect(String((await fn.invoke('big', { size: 6_000_000 })).body['value'])).toHaveLength(
      6_000_000,
    );
    expect((await fn.invoke('big', { size: 6_291_560 })).body['errorType']).toBe(
      'Function.ResponseSizeTooLarge',
    );
  });

  it('keeps each environment’s lines in order in a file that a person can read', async () => {
    await fn.create(
      'writer',
      `export const handler = async ({ n }) => { console.log('out', n); console.error('err', n); };`,
    );
    for (const n of [1, 2, 3]) await fn.invoke('writer', { n });
    const folder = join(dir, 'function-logs', 'writer');
    const text = readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8');
    expect(text.match(/out \d|err \d|END/g)?.join(' ')).toBe(
      'out 1 err 1 END out 2 err 2 END out 3 err 3 END',
    );
    expect(text).not.toContain('\0');
  });
});

describe.concurrent('DynamoDB', () => {
  it('lets one of twenty conditional writes through and tells the others what is there', async () => {
    const db = new DynamoDBClient({ ...clientConfig(stack.awsEndpointUrl), maxAttempts: 1 });
    await db.send(
      new CreateTableCommand({
        TableName: 'race',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      }),
    );
    const put = (n: number) => ({
      TableName: 'race',
      Item: { pk: { S: 'one' }, n: { N: String(n) } },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    });
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => db.send(new PutItemCommand(put(n)))),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const lost = tries.find((each) => each.status === 'rejected');
    expect(lost?.reason).toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: { pk: { S: 'one' } },
    });
    await expect(
      db.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: put(1) }] })),
    ).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { pk: { S: 'one' } } }],
    });
  });
});

describe('the server', () => {
  it.runIf(existsSync('/proc/net/tcp6'))('listens on the loopback only', () => {
    const port = Number(new URL(stack.awsEndpointUrl).port)
      .toString(16)
      .toUpperCase()
      .padStart(4, '0');
    const listening = ['tcp', 'tcp6']
      .flatMap((file) => readFileSync(`/proc/net/${file}`, 'utf8').split('\n'))
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === '0A' && columns[1]?.endsWith(`:${port}`))
      .map((columns) => columns[1]?.split(':')[0]);
    expect(listening).toEqual(['0000000000000000FFFF00000100007F']);
  });
});

const machines = () => new SFNClient(clientConfig(stack.awsEndpointUrl));
async function makeMachine(name: string, definition: unknown): Promise<string> {
  const made = await machines().send(
    new CreateStateMachineCommand({ name, roleArn: ROLE, definition: JSON.stringify(definition) }),
  );
  return made.stateMachineArn ?? '';
}
const endOfExecution = (executionArn: string | undefined, limitMs: number) =>
  eventually('the execution to end', limitMs, async () => {
    const { status } = await machines().send(new DescribeExecutionCommand({ executionArn }));
    return status === 'RUNNING' ? undefined : status;
  });
const waiting = (functionArn: string) => ({
  StartAt: 'Wait',
  States: {
    Wait: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: functionArn, Payload: { 'token.$': '$$.Task.Token' } },
      TimeoutSeconds: 90,
      // Longer than any cold start on a busy machine: an answer that was lost ends here.
      HeartbeatSeconds: 40,
      End: true,
    },
  },
});

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');

describe.concurrent('repairs of Step Functions and EventBridge', () => {
  it('takes the answer to a task token that comes before its function has returned', async () => {
    const arn = await fn.create(
      'early',
      `export const handler = async ({ token }) => {
        await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', body: JSON.stringify({ taskToken: token, output: '{"by":"early"}' }),
          headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AWSStepFunctions.SendTaskSuccess',
            authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0' } });
        await new Promise((r) => setTimeout(r, 300)); };`,
    );
    const stateMachineArn = await makeMachine('early', waiting(arn));
    const { executionArn } = await machines().send(new StartExecutionCommand({ stateMachineArn }));
    expect(await endOfExecution(executionArn, 300_000)).toBe('SUCCEEDED');
  });

  it('answers about tokens, histories and stops while other executions start', async () => {
    const stateMachineArn = await makeMachine('starting', {
      StartAt: 'Done',
      States: { Done: { Type: 'Succeed' } },
    });
    const client = new SFNClient({ ...clientConfig(stack.awsEndpointUrl), maxAttempts: 1 });
    const answers: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i += 1) {
      const started = client.send(new StartExecutionCommand({ stateMachineArn, name: `s${i}` }));
      const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:s${i}`;
      answers.push(started);
      for (const ask of [
        new SendTaskSuccessCommand({ taskToken: 'none', output: '{}' }),
        new SendTaskFailureCommand({ taskToken: 'none' }),
        new GetExecutionHistoryCommand({ executionArn }),
        new StopExecutionCommand({ executionArn }),
      ]) {
        answers.push(client.send(ask as SendTaskFailureCommand).catch(nameOf));
      }
    }
    const names = (await Promise.all(answers)).filter((answer) => typeof answer === 'string');
    expect(names.filter((name) => name === 'InvalidToken')).toHaveLength(80);
    // A question may overtake the start it is about.
    const known = ['InvalidToken', 'ExecutionDoesNotExist'];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('aborts an execution that waits on a task token at once, and for good', async () => {
    const arn = await fn.create(
      'never',
      `export const handler = async () => 'nobody will answer';`,
    );
    const withoutHeartbeat = { ...waiting(arn).States.Wait, HeartbeatSeconds: undefined };
    const stateMachineArn = await makeMachine('stopped', {
      StartAt: 'Wait',
      States: { Wait: withoutHeartbeat },
    });
    const { executionArn } = await machines().send(new StartExecutionCommand({ stateMachineArn }));
    await new Promise((later) => setTimeout(later, 1_500));
    await machines().send(new StopExecutionCommand({ executionArn, error: 'Cancelled' }));
    expect(await endOfExecution(executionArn, 300_000)).toBe('ABORTED');
    await new Promise((later) => setTimeout(later, 500));
    expect(await endOfExecution(executionArn, 1_000)).toBe('ABORTED');
  });

  it('starts a machine from a rule with an input transformer', async () => {
    const stateMachineArn = await makeMachine('ruled', {
      StartAt: 'Done',
      States: { Done: { Type: 'Succeed' } },
    });
    const events = new EventBridgeClient(clientConfig(stack.awsEndpointUrl));
    await events.send(
      new PutRuleCommand({ Name: 'ruled', EventPattern: JSON.stringify({ source: ['ruled'] }) }),
    );
    const target = {
      Id: 'machine',
      Arn: stateMachineArn,
      RoleArn: ROLE,
      InputTransformer: {
        InputPathsMap: { model: '$.detail.model' },
        InputTemplate: '{"model":<model>}',
      },
    };
    await events.send(new PutTargetsCommand({ Rule: 'ruled', Targets: [target] }));
    await events.send(
      new PutEventsCommand({
        Entries: [{ Source: 'ruled', DetailType: 'x', Detail: '{"model":"claims"}' }],
      }),
    );
    const started = await eventually('an execution', 300_000, async () => {
      const { executions } = await machines().send(new ListExecutionsCommand({ stateMachineArn }));
      return executions?.[0];
    });
    const { input } = await machines().send(
      new DescribeExecutionCommand({ executionArn: started.executionArn }),
    );
    expect(JSON.parse(input ?? '')).toEqual({ model: 'claims' });
  });
});

describe('repairs of CloudFormation', () => {
  async function deploy(release: 1 | 2): Promise<{ api: string; deployment: string }> {
    const cloudformation = new CloudFormationClient(clientConfig(stack.awsEndpointUrl));
    const input = { StackName: 'repaired', TemplateBody: JSON.stringify(templateOf(release)) };
    await cloudformation.send(
      release === 1 ? new CreateStackCommand(input) : new UpdateStackCommand(input),
    );
    const outputs = await eventually('the stack', 300_000, async () => {
      const { Stacks } = await cloudformation.send(
        new DescribeStacksCommand({ StackName: 'repaired' }),
      );
      const status = Stacks?.[0]?.StackStatus ?? '';
      if (status.includes('FAILED') || status.includes('ROLLBACK')) throw new Error(status);
      return status === (release === 1 ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE')
        ? Stacks?.[0]?.Outputs
        : undefined;
    });
    const value = (key: string) =>
      outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? '';
    return { api: value('Api'), deployment: value('Deployment') };
  }

  async function seen(api: string) {
    const events = new EventBridgeClient(clientConfig(stack.awsEndpointUrl));
    const rule = await events.send(
      new DescribeRuleCommand({ Name: 'repaired', EventBusName: 'repaired' }),
    );
    const { Targets } = await events.send(
      new ListTargetsByRuleCommand({ Rule: 'repaired', EventBusName: 'repaired' }),
    );
    const alarms = await call(stack.awsEndpointUrl, 'monitoring', '/', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=repaired',
    });
    const stages = await call(stack.awsEndpointUrl, 'apigateway', `/restapis/${api}/stages`);
    const { ReservedConcurrentExecutions } = await fn.lambda.send(
      new GetFunctionConcurrencyCommand({ FunctionName: 'reserved' }),
    );
    return {
      pattern: rule.EventPattern,
      targets: Targets?.map(({ Id }) => Id),
      threshold: Number(/<Threshold>([^<]*)/.exec(alarms)?.[1]),
      stages: (
        JSON.parse(stages) as { item: { deploymentId: string; variables?: unknown }[] }
      ).item.map(({ deploymentId, variables }) => ({ deploymentId, variables })),
      reserved: ReservedConcurrentExecutions,
    };
  }

  const expected = (release: number, deploymentId: string) => ({
    pattern: JSON.stringify({ source: [`release-${String(release)}`] }),
    targets: [`target-${String(release)}`],
    threshold: release * 10,
    stages: [{ deploymentId, variables: { release: String(release) } }],
    reserved: release + 2,
  });

  it('makes updates change the rule, its targets, the alarm, the stage and the reserved concurrency', async () => {
    const first = await deploy(1);
    expect(await seen(first.api)).toMatchObject({ reserved: 3, threshold: 10 });
    const second = await deploy(2);
    expect(second.deployment).not.toBe(first.deployment);
    expect(await seen(second.api)).toEqual({
      ...expected(2, second.deployment),
      pattern: expect.stringMatching(/^\{"source": ?\["release-2"\]\}$/) as unknown,
    });
  });

  it('refuses a resource type that it has no provider for, and says which', async () => {
    const cloudformation = new CloudFormationClient(clientConfig(stack.awsEndpointUrl));
    const body = {
      Resources: {
        Board: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: '{}' } },
      },
    };
    const names = { StackName: 'refused', ChangeSetName: 'first' };
    const refusal = await cloudformation
      .send(
        new CreateChangeSetCommand({
          ...names,
          ChangeSetType: 'CREATE',
          TemplateBody: JSON.stringify(body),
        }),
      )
      .then(() =>
        eventually('the change set', 300_000, async () => {
          const { Status, StatusReason } = await cloudformation.send(
            new DescribeChangeSetCommand(names),
          );
          return Status === 'FAILED' ? (StatusReason ?? '') : undefined;
        }),
      )
      .catch((error: unknown) => String(error));
    expect(refusal).toContain('AWS::CloudWatch::Dashboard');
  });
});
