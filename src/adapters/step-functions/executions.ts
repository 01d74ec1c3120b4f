import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Executions, ExecutionStatus } from '#domain/ports/executions.ts';
import { attemptsOf, isAwsError, reaching } from '#adapters/aws/errors.ts';
import { jsonText } from '#adapters/json-text.ts';
import { visitsOf } from './visits.ts';

/** What AWS takes of an error's name and of its cause. */
const MAX_ERROR_CHARACTERS = 256;
const MAX_CAUSE_CHARACTERS = 32_768;

/**
 * Executions of one state machine, addressed by name.
 *
 * How `exists` is known: StartExecution answers 200 and the old execution when name and input are the
 * same and it still runs, so its answer can't tell. The name is therefore looked up first;
 * ExecutionAlreadyExists settles a race with other input. Two identical starts at the same moment may
 * both hear `started`; there is one execution all the same.
 */
export function stepFunctionsExecutions(client: SFNClient, stateMachineArn: string): Executions {
  const arnOf = (name: string) =>
    `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

  const status = async (name: string): Promise<ExecutionStatus | undefined> =>
    reaching('Step Functions', async () => {
      try {
        const answer = await client.send(
          new DescribeExecutionCommand({ executionArn: arnOf(name) }),
        );
        // An execution that is to be redriven hasn't ended.
        return answer.status === 'PENDING_REDRIVE' ? 'RUNNING' : answer.status;
      } catch (error) {
        if (isAwsError(error, 'ExecutionDoesNotExist')) return undefined;
        throw error;
      }
    });

  return {
    status,

    async start(name, input) {
      if ((await status(name)) !== undefined) return 'exists';
      return reaching('Step Functions', async () => {
        try {
          await client.send(
            new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
          );
          return 'started';
        } catch (error) {
          if (isAwsError(error, 'ExecutionAlreadyExists')) return 'exists';
          throw error;
        }
      });
    },

    async stop(name, error, cause) {
      await reaching('Step Functions', async () => {
        try {
          await client.send(
            new StopExecutionCommand({
              executionArn: arnOf(name),
              error: error.slice(0, MAX_ERROR_CHARACTERS),
              cause: cause.slice(0, MAX_CAUSE_CHARACTERS),
            }),
          );
        } catch (thrown) {
          // What never began needn't be stopped.
          if (!isAwsError(thrown, 'ExecutionDoesNotExist')) throw thrown;
        }
      });
    },

    succeed: (taskToken, output) =>
      answered(() =>
        client.send(new SendTaskSuccessCommand({ taskToken, output: jsonText(output) })),
      ),

    fail: (taskToken, error, cause) =>
      answered(() =>
        client.send(
          new SendTaskFailureCommand({
            taskToken,
            error: error.slice(0, MAX_ERROR_CHARACTERS),
            cause: cause.slice(0, MAX_CAUSE_CHARACTERS),
          }),
        ),
      ),

    visits: (name) =>
      reaching('Step Functions', async () => visitsOf(await historyOf(client, arnOf(name)))),

    async definition() {
      const answer = await reaching('Step Functions', () =>
        client.send(new DescribeStateMachineCommand({ stateMachineArn })),
      );
      return answer.definition ?? '';
    },
  };
}

/** An execution's events in order, all pages; none where there is no execution. */
async function historyOf(client: SFNClient, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    try {
      const page = await client.send(
        new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken }),
      );
      events.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } catch (error) {
      if (isAwsError(error, 'ExecutionDoesNotExist')) return [];
      throw error;
    }
  } while (nextToken !== undefined);
  return events;
}

/**
 * Spends a token. A second, a late and a bogus answer look different on AWS and alike on LocalStack:
 * all are false. (LocalStack takes a second failure of a spent token without a word.) After a lost answer
 * the SDK sends again and hears that the token is spent: by its own first attempt, most likely, so that
 * counts as taken. (Wrongly true is harmless, a dead execution's lock is released by the closer; wrongly
 * false would wake a second waiter.)
 */
async function answered(send: () => Promise<unknown>): Promise<boolean> {
  return reaching('Step Functions', async () => {
    try {
      await send();
      return true;
    } catch (error) {
      if (!isAwsError(error, 'TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken')) throw error;
      return attemptsOf(error) > 1;
    }
  });
}
