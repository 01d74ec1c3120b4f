/** However a run ends, it is closed with its status, and the next commit runs. */
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { executionName } from '#domain/run-id.ts';
import { expectNextRuns, lockOf, send, sendNext, until } from './support/line.ts';
import { newRepository } from './support/repository.ts';
import { connect, freshName, hasStack, NAMES, type StackUnderTest } from './support/stack.ts';

describe.skipIf(!hasStack)('the end of a run', () => {
  let stack: StackUnderTest;
  beforeAll(async () => {
    stack = await connect();
  });

  it.concurrent('is cancelled by StopExecution, which no Catch sees', async () => {
    const repository = await newRepository();
    const model = freshName('stopped');
    await repository.add(model);
    const runId = await send(stack, repository, model);
    await until(stack, runId, 'awaiting_approval');
    await stack.aws.sfn().send(
      new StopExecutionCommand({
        executionArn: NAMES.executionArn(executionName(runId, 1)),
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
    await expectNextRuns(stack, repository, model);
  });

  it.concurrent('is cancelled by the verb, and says by whom', async () => {
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
    await expectNextRuns(stack, repository, model);
  });

  it.concurrent('lets the next in the queue go on, in the order of the commits', async () => {
    const repository = await newRepository();
    const model = freshName('queue');
    await repository.add(model);
    const first = await send(stack, repository, model);
    const second = await sendNext(stack, repository, model, 12);
    const third = await sendNext(stack, repository, model, 13);
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
