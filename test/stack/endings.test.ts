/** However a run ends, it is closed with its status, and the next commit runs. */
import {
  DescribeStateMachineCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { executionName } from '../../domain/run.ts';
import { eventually, lockOf, send, until } from './support/line.ts';
import { forest, newRepository, type Repository } from './support/repository.ts';
import { connect, freshName, hasStack, MACHINE_ARN, type StackUnderTest } from './support/stack.ts';

const MINUTES = 60_000;

describe.skipIf(!hasStack)('the end of a run', () => {
  let stack: StackUnderTest;
  beforeAll(async () => {
    stack = await connect();
  });

  /** A changed candidate is a new commit of the same charter. */
  async function sendNext(repository: Repository, model: string, trees: number): Promise<string> {
    await repository.edit(model, {
      model: (document) => (document.candidates = [forest(trees, 8)]),
    });
    return send(stack, repository, model);
  }

  /** The next commit comes to its question, which nobody can who doesn't have the lock. */
  async function expectNextRuns(repository: Repository, model: string): Promise<void> {
    await eventually('a free lock', async () => {
      const lock = await lockOf(stack, model);
      return lock.holder === null && lock.waiters === 0;
    });
    const next = await sendNext(repository, model, 11);
    await until(stack, next, 'awaiting_approval');
    expect(await lockOf(stack, model)).toEqual({ holder: next, waiters: 0 });
    const { code } = await stack.verb('ben', 'reject', next, '--reason', 'only a test of the lock');
    expect(code).toBe(0);
    await until(stack, next, 'rejected');
    await eventually('a free lock', async () => (await lockOf(stack, model)).holder === null);
  }

  it.concurrent('is cancelled by StopExecution, which no Catch sees', {
    timeout: 4 * MINUTES,
  }, async () => {
    const repository = await newRepository();
    const model = freshName('stopped');
    await repository.add(model);
    const runId = await send(stack, repository, model);
    await until(stack, runId, 'awaiting_approval');
    await stack.aws.sfn().send(
      new StopExecutionCommand({
        executionArn: `${MACHINE_ARN.replace(':stateMachine:', ':execution:')}:${executionName(runId, 1)}`,
        cause: 'stopped by hand in the console',
      }),
    );
    const { run, pending } = await until(stack, runId, 'cancelled');
    // AWS's event has the cause, the local one's has none.
    expect(['stopped by hand in the console', 'the execution was stopped']).toContain(run.reason);
    expect(pending).toBeNull();
    const approve = await stack.verb('ben', 'approve', runId);
    expect(approve.code).toBe(2);
    expect(approve.stderr).toBe(
      `titleholder: ${runId} is cancelled; there is nothing to decide (HTTP 409)\n`,
    );
    await expectNextRuns(repository, model);
  });

  it.concurrent('is cancelled by the verb, and says by whom', {
    timeout: 4 * MINUTES,
  }, async () => {
    const repository = await newRepository();
    const model = freshName('cancelled');
    await repository.add(model);
    const runId = await send(stack, repository, model);
    await until(stack, runId, 'awaiting_approval');
    const stranger = await stack.verb('otto', 'cancel', runId);
    expect(stranger.code).toBe(2);
    const own = await stack.verb('ana', 'cancel', runId, '--reason', 'wrong branch');
    expect(own).toMatchObject({ code: 0, stdout: `${runId} is cancelled\n` });
    // Said is done: no waiting here.
    const { run, steps } = await stack.api('vera').status(runId);
    expect(run).toMatchObject({
      status: 'cancelled',
      reason: 'wrong branch',
      cancelledBy: 'ana',
    });
    const waited = steps.find(({ name }) => name === 'WaitForApproval');
    expect(waited?.status).toBe('cancelled');
    expect(waited?.error).toBeUndefined();
    await expectNextRuns(repository, model);
  });

  // Alone: every execution that starts meanwhile would be hurried too.
  it('is timed out by a machine that may run 1 s', { timeout: 4 * MINUTES }, async () => {
    const repository = await newRepository();
    const model = freshName('late');
    await repository.add(model);
    const machine = { stateMachineArn: MACHINE_ARN };
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
    await expectNextRuns(repository, model);
  });

  it.concurrent('lets the next in the queue go on, in the order of the commits', {
    timeout: 4 * MINUTES,
  }, async () => {
    const repository = await newRepository();
    const model = freshName('queue');
    await repository.add(model);
    const first = await send(stack, repository, model);
    const second = await sendNext(repository, model, 12);
    const third = await sendNext(repository, model, 13);
    await until(stack, first, 'awaiting_approval');
    await until(stack, second, 'waiting');
    await until(stack, third, 'waiting');
    expect(await lockOf(stack, model)).toEqual({ holder: first, waiters: 2 });
    const { steps } = await stack.api('vera').status(second);
    expect(steps.find((step) => step.name === 'OpenRun')?.status).toBe('queued');

    await stack.verb('ana', 'cancel', first);
    await until(stack, second, 'awaiting_approval');
    expect((await stack.api('vera').status(third)).run.status).toBe('waiting');
    expect(await lockOf(stack, model)).toEqual({ holder: second, waiters: 1 });

    await stack.verb('ben', 'reject', second, '--reason', 'the third one is better');
    await until(stack, third, 'awaiting_approval');
    expect(await lockOf(stack, model)).toEqual({ holder: third, waiters: 0 });
    await stack.verb('olga', 'cancel', third);
    await until(stack, third, 'cancelled');
  });
});
