import { CreateStateMachineCommand, DeleteStateMachineCommand } from '@aws-sdk/client-sfn';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  DeleteMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsClients } from '#adapters/aws/clients.ts';
import { memoryExecutions } from '#adapters/memory/executions.ts';
import { stepFunctionsExecutions } from '#adapters/step-functions/executions.ts';
import type { Executions } from '#domain/ports/executions.ts';
import { hasAws, unique } from './support/aws.ts';

/** A machine of two states: `Begin` passes, `Ask` waits on its token. */
interface Made {
  readonly executions: Executions;
  /** The token of the execution that asks now. */
  token(name: string): Promise<string>;
  close?(): Promise<void>;
}

describeExecutions('memory', () => {
  const tokens = new Map<string, string>();
  const executions = memoryExecutions({
    now: () => '2026-03-01T10:00:00.000Z',
    functions: {
      Ask: (input) => {
        const { name, token } = input as { name: string; token: string };
        tokens.set(name, token);
        return Promise.resolve(null);
      },
    },
    definition: {
      TimeoutSeconds: 600,
      StartAt: 'Begin',
      States: {
        Begin: { Type: 'Pass', Next: 'Ask' },
        Ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          Parameters: {
            FunctionName: '${Ask}',
            Payload: { 'token.$': '$$.Task.Token', 'name.$': '$$.Execution.Name' },
          },
          TimeoutSeconds: 60,
          Next: 'Done',
        },
        Done: { Type: 'Succeed' },
      },
    },
  });
  return Promise.resolve({
    executions,
    token: async (name) => {
      await executions.idle();
      return tokens.get(name)!;
    },
  });
});
if (hasAws) {
  describeExecutions('Step Functions', async () => {
    const clients = awsClients();
    const { QueueUrl } = await clients
      .sqs()
      .send(new CreateQueueCommand({ QueueName: unique('ports-ask') }));
    const definition = {
      StartAt: 'Begin',
      States: {
        Begin: { Type: 'Pass', Next: 'Ask' },
        Ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
          Parameters: {
            QueueUrl,
            MessageBody: { 'token.$': '$$.Task.Token', 'name.$': '$$.Execution.Name' },
          },
          TimeoutSeconds: 60,
          Next: 'Done',
        },
        Done: { Type: 'Succeed' },
      },
    };
    const { stateMachineArn } = await clients.sfn().send(
      new CreateStateMachineCommand({
        name: unique('ports-machine'),
        roleArn: 'arn:aws:iam::000000000000:role/test',
        definition: JSON.stringify(definition),
      }),
    );
    const tokens = new Map<string, string>();
    return {
      executions: stepFunctionsExecutions(clients.sfn(), stateMachineArn!),
      token: async (name) => {
        for (let i = 0; i < 5 && !tokens.has(name); i++) {
          const { Messages = [] } = await clients
            .sqs()
            .send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
          for (const message of Messages) {
            const asked = JSON.parse(message.Body!) as { name: string; token: string };
            tokens.set(asked.name, asked.token);
            const { ReceiptHandle } = message;
            await clients.sqs().send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
          }
        }
        return tokens.get(name)!;
      },
      close: async () => {
        await clients.sfn().send(new DeleteStateMachineCommand({ stateMachineArn }));
        await clients.sqs().send(new DeleteQueueCommand({ QueueUrl }));
      },
    };
  });
}

export function describeExecutions(name: string, make: () => Promise<Made>): void {
  describe(`Executions: ${name}`, () => {
    let executions: Executions;
    let made: Made;
    beforeAll(async () => {
      made = await make();
      ({ executions } = made);
    });
    afterAll(() => made.close?.());

    /** Polls, for the service works on its own. */
    const until = async <T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> => {
      for (let i = 0; ; i++) {
        const value = await read();
        if (done(value) || i === 100) return value;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const status = (execution: string) =>
      until(
        () => executions.status(execution),
        (s) => s !== 'RUNNING',
      );
    const short = async (execution: string) =>
      (await executions.visits(execution)).map((v) => [v.state, v.type, v.status, v.error]);

    it('starts once a name, with the same input or another', async () => {
      const execution = unique('e');
      expect(await executions.status(execution)).toBeUndefined();
      expect(await executions.start(execution, { a: 1 })).toBe('started');
      expect(await executions.start(execution, { a: 1 })).toBe('exists');
      expect(await executions.start(execution, { a: 2 })).toBe('exists');
      expect(await executions.status(execution)).toBe('RUNNING');
      expect(await executions.succeed(await made.token(execution), null)).toBe(true);
      expect(await status(execution)).toBe('SUCCEEDED');
      expect(await executions.start(execution, { a: 1 })).toBe('exists');
    });

    it('shows the states entered, the one that waits for a person as waiting', async () => {
      const execution = unique('e');
      expect(await executions.visits(execution)).toEqual([]);
      await executions.start(execution, {});
      const token = await made.token(execution);
      await until(
        () => short(execution),
        (v) => v.at(-1)?.[2] === 'waiting',
      );
      expect(await short(execution)).toEqual([
        ['Begin', 'Pass', 'success', null],
        ['Ask', 'Task', 'waiting', null],
      ]);
      const [begin, ask] = await executions.visits(execution);
      expect(begin?.exitedAt).toMatch(/^\d{4}-.*Z$/);
      expect(ask?.exitedAt).toBeNull();
      await executions.succeed(token, { choice: 'approved' });
      await status(execution);
      expect(await short(execution)).toEqual([
        ['Begin', 'Pass', 'success', null],
        ['Ask', 'Task', 'success', null],
        ['Done', 'Succeed', 'success', null],
      ]);
    });

    it('takes a token once; a spent and a bogus one are false', async () => {
      const execution = unique('e');
      await executions.start(execution, {});
      const token = await made.token(execution);
      expect(await executions.succeed(token, {})).toBe(true);
      await status(execution);
      expect(await executions.succeed(token, {})).toBe(false);
      // LocalStack 4.13.1 takes a failure for the spent token of an ended execution.
      if (name === 'memory') expect(await executions.fail(token, 'E', 'c')).toBe(false);
      expect(await executions.fail('bogus', 'E', 'c')).toBe(false);
      expect(await executions.succeed('bogus', {})).toBe(false);
    });

    it('fails an execution by its token, under the given name', async () => {
      const execution = unique('e');
      await executions.start(execution, {});
      expect(await executions.fail(await made.token(execution), 'Expired', 'too late')).toBe(true);
      expect(await status(execution)).toBe('FAILED');
      expect((await short(execution)).at(-1)).toEqual(['Ask', 'Task', 'failed', 'Expired']);
    });

    it('stops an execution that waits; its token is then worth nothing', async () => {
      const execution = unique('e');
      await executions.start(execution, {});
      const token = await made.token(execution);
      await executions.stop(execution, 'Cancelled', 'by ada');
      expect(await status(execution)).toBe('ABORTED');
      expect(await executions.succeed(token, {})).toBe(false);
      expect((await short(execution)).at(-1)?.[2]).toBe('aborted');
      await executions.stop(execution, 'Cancelled', 'again');
      await executions.stop(unique('nobody'), 'Cancelled', 'never began');
    });

    it('gives the definition back', async () => {
      const definition = JSON.parse(await executions.definition()) as { StartAt: string };
      expect(definition.StartAt).toBe('Begin');
    });
  });
}
