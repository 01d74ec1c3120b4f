/** A machine that may run 1 s: alone, for every execution that starts meanwhile is hurried too. */
import { DescribeStateMachineCommand, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNextRuns, send, until } from './support/line.ts';
import { newRepository } from './support/repository.ts';
import { connect, freshName, hasStack, NAMES, type StackUnderTest } from './support/stack.ts';

describe.skipIf(!hasStack)('the end of a run', () => {
  let stack: StackUnderTest;
  beforeAll(async () => {
    stack = await connect();
  });

  it('is timed out by a machine that may run 1 s', async () => {
    const repository = await newRepository();
    const model = freshName('late');
    await repository.add(model);
    const machine = { stateMachineArn: NAMES.machineArn };
    const sfn = stack.aws.sfn();
    const { definition = '' } = await sfn.send(new DescribeStateMachineCommand(machine));
    const hurried = JSON.stringify({ ...JSON.parse(definition), TimeoutSeconds: 1 });
    let runId: string;
    try {
      await sfn.send(new UpdateStateMachineCommand({ ...machine, definition: hurried }));
      runId = await send(stack, repository, model);
      const { run } = await until(stack, runId, 'timed_out');
      expect(run.error).toBe('States.Timeout');
      expect(run.reason).toBe('the execution took too long');
    } finally {
      await sfn.send(new UpdateStateMachineCommand({ ...machine, definition }));
    }
    await expectNextRuns(stack, repository, model);
  });
});
