/** MLflow is away: a run that needs it fails by name, what serves goes on, and `resume` goes on. */
import { ROUTES } from '#contracts/routes.ts';
import {
  GetFunctionConfigurationCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import { listenOnce } from '../../localstack/ports.ts';
import { dynamoStepStore } from '#adapters/dynamodb/step-store.ts';
import { crown, send, until } from './support/line.ts';
import { forest, newRepository, type Repository } from './support/repository.ts';
import { connect, freshName, hasStack, NAMES, type StackUnderTest } from './support/stack.ts';

const FunctionName = NAMES.functionName('record-run');
/** The step's own time-out, which it must not need: its retries end after 20 s. */
const BOUND_SECONDS = 150;

describe.skipIf(!hasStack)('MLflow being down', () => {
  let stack: StackUnderTest;
  let repository: Repository;
  beforeAll(async () => {
    stack = await connect();
    repository = await newRepository();
  });

  /** Lets record-run look for MLflow elsewhere; what puts it back. */
  async function pointElsewhere(uri: string): Promise<() => Promise<void>> {
    const lambda = stack.aws.lambda();
    const { Environment } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName }),
    );
    const set = async (Variables: Record<string, string>): Promise<void> => {
      await lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }),
      );
      await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60 }, { FunctionName });
    };
    const before = Environment?.Variables ?? {};
    await set({ ...before, MLFLOW_TRACKING_URI: uri });
    return () => set(before);
  }

  it('fails the step in bounded time, serves on, and is made good by resume', async () => {
    const model = freshName('tracked');
    await repository.add(model);
    await crown(stack, repository, model);
    await repository.edit(model, { model: (d) => (d.candidates = [forest(40, 12, 5)]) });
    const closed = await listenOnce(0);
    const putBack = await pointElsewhere(`http://127.0.0.1:${closed}`);
    let runId: string;
    try {
      runId = await send(stack, repository, model);
      const { run, steps } = await until(stack, runId, 'failed');
      expect(run).toMatchObject({ error: 'TrackingUnavailable', attempt: 1 });
      expect(run.reason).toMatch(/^MLflow /);
      const step = steps.find(({ name }) => name === 'RecordCiRun');
      expect(step?.status).toBe('failed');
      expect(step?.seconds).toBeLessThan(BOUND_SECONDS);
      expect(steps.find(({ name }) => name === 'FullTrain')?.status).toBe('skipped');
      const health = await stack.api('vera').health(model);
      expect(health).toMatchObject({ status: 'ok', version: 1 });
      const { claims } = await stack.api('vera').call(ROUTES.claims, { query: { n: '3' } });
      // As they come, with ids, dates and the status that is to be predicted.
      expect(await stack.api('vera').predict(model, claims)).toMatchObject({ version: 1 });
    } finally {
      await putBack();
    }
    const before = await stack.api('vera').status(runId);
    const resumed = await stack.verb('ana', 'resume', runId);
    expect(resumed).toMatchObject({ code: 0, stdout: `${runId} goes on as attempt 2\n` });
    const after = await until(stack, runId, 'awaiting_approval');
    expect(after.run).toMatchObject({ attempt: 2, status: 'awaiting_approval' });
    expect(after.run.error).toBeUndefined();
    for (const name of ['ValidateData', 'QuickTrain']) {
      expect(after.outputs[name]).toEqual(before.outputs[name]);
    }
    // What attempt 1 recorded was reused, not made again.
    const records = await dynamoStepStore(stack.aws.dynamodb(), NAMES.runsTable).list(runId);
    const attempts = Object.fromEntries(records.map(({ step, attempt }) => [step, attempt]));
    expect(attempts).toMatchObject({
      CheckCiReport: 1,
      ValidateData: 1,
      QuickTrain: 1,
      RecordCiRun: 2,
      FullTrain: 2,
    });
    expect(records.filter(({ step }) => step === 'QuickTrain')).toHaveLength(1);
    await stack.verb('ana', 'cancel', runId);
    await until(stack, runId, 'cancelled');
  });
});
