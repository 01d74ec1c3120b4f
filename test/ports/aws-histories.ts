/**
 * Histories in the shape that AWS gives them, of the scenarios in test/fixtures/histories.
 *
 * Source: API_HistoryEvent of the Step Functions API reference; which event a Map's events name as
 * their predecessor is as AWS was recorded doing it: the event that ended the first failed item, also
 * for the end of every other item. An aborted item's `TaskStateAborted` bears no name at all.
 */
import type { HistoryEvent } from '@aws-sdk/client-sfn';

type Details = Partial<Omit<HistoryEvent, 'id' | 'previousEventId' | 'timestamp' | 'type'>>;
type Row = readonly [id: number, previous: number, type: string, details?: Details];

const entered = (name: string): Details => ({ stateEnteredEventDetails: { name } });
const exited = (name: string): Details => ({ stateExitedEventDetails: { name } });
const iteration = (what: string, index: number): Details => ({
  [`mapIteration${what}EventDetails`]: { name: 'Each', index },
});
const odd: Details = {
  lambdaFunctionFailedEventDetails: {
    error: 'Odd',
    cause: '{"errorType":"Odd","errorMessage":"not even","trace":[]}',
  },
};

function history(...rows: readonly Row[]): HistoryEvent[] {
  return rows.map(([id, previousEventId, type, details]) => ({
    id,
    previousEventId,
    timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, id)),
    type: type as HistoryEvent['type'],
    ...details,
  }));
}

/** Two items begin; the first is done and the third begun. */
const begun: readonly Row[] = [
  [1, 0, 'ExecutionStarted'],
  [2, 0, 'PassStateEntered', entered('Begin')],
  [3, 2, 'PassStateExited', exited('Begin')],
  [4, 3, 'MapStateEntered', entered('Each')],
  [5, 4, 'MapStateStarted', { mapStateStartedEventDetails: { length: 4 } }],
  [6, 5, 'MapIterationStarted', iteration('Started', 0)],
  [7, 5, 'MapIterationStarted', iteration('Started', 1)],
  [8, 6, 'TaskStateEntered', entered('Work')],
  [9, 8, 'LambdaFunctionScheduled'],
  [10, 7, 'TaskStateEntered', entered('Work')],
  [11, 10, 'LambdaFunctionScheduled'],
  [12, 9, 'LambdaFunctionStarted'],
  [13, 11, 'LambdaFunctionStarted'],
  [14, 12, 'LambdaFunctionSucceeded'],
  [15, 14, 'TaskStateExited', exited('Work')],
  [16, 15, 'MapIterationSucceeded', iteration('Succeeded', 0)],
  [17, 15, 'MapIterationStarted', iteration('Started', 2)],
  [18, 17, 'TaskStateEntered', entered('Work')],
  [19, 18, 'LambdaFunctionScheduled'],
  [20, 19, 'LambdaFunctionStarted'],
];

const caught = (id: number, previous: number): readonly Row[] => [
  [id, previous, 'MapStateExited', exited('Each')],
  [id + 1, id, 'PassStateEntered', entered('Caught')],
  [id + 2, id + 1, 'PassStateExited', exited('Caught')],
  [id + 3, id + 2, 'SucceedStateEntered', entered('Done')],
  [id + 4, id + 3, 'SucceedStateExited', exited('Done')],
  [id + 5, id + 4, 'ExecutionSucceeded'],
];

const stop: Details = { executionAbortedEventDetails: { error: 'Cancelled', cause: 'by ada' } };

export const AWS_HISTORIES: Readonly<Record<string, readonly HistoryEvent[]>> = {
  fails: history(
    ...begun,
    [21, 13, 'LambdaFunctionFailed', odd],
    [22, 21, 'MapIterationFailed', iteration('Failed', 1)],
    [23, 21, 'TaskStateAborted'],
    [24, 21, 'MapIterationAborted', iteration('Aborted', 2)],
    [25, 21, 'MapStateFailed'],
    ...caught(26, 25),
  ),
  'times out': history(
    ...begun.slice(0, 11),
    [12, 9, 'LambdaFunctionStarted'],
    [13, 11, 'LambdaFunctionStarted'],
    [14, 13, 'LambdaFunctionSucceeded'],
    [15, 14, 'TaskStateExited', exited('Work')],
    [16, 15, 'MapIterationSucceeded', iteration('Succeeded', 1)],
    [
      17,
      12,
      'LambdaFunctionTimedOut',
      {
        lambdaFunctionTimedOutEventDetails: { error: 'States.Timeout' },
      },
    ],
    [18, 17, 'MapIterationFailed', iteration('Failed', 0)],
    [19, 17, 'MapStateFailed'],
    ...caught(20, 19),
  ),
  'is stopped': history(...begun, [21, 0, 'ExecutionAborted', stop]),
  'is stopped, each end told': history(
    ...begun,
    [21, 13, 'TaskStateAborted'],
    [22, 13, 'MapIterationAborted', iteration('Aborted', 1)],
    [23, 20, 'TaskStateAborted'],
    [24, 20, 'MapIterationAborted', iteration('Aborted', 2)],
    [25, 20, 'MapStateAborted'],
    [26, 0, 'ExecutionAborted', stop],
  ),
  'runs out of time': history(...begun, [21, 0, 'ExecutionTimedOut']),
};
