/** Reads the history of an execution as the states it entered. Pure. */
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { StateVisit } from '../../domain/ports.ts';

type Open = { -readonly [K in keyof StateVisit]: StateVisit[K] };

/**
 * @param events in order, all pages.
 *
 * Events name their predecessor; a task's events follow its entry, so each belongs to its
 * predecessor's visit. A retried task's earlier failure is forgotten; a failed task that was caught
 * exits as `failed` with its error. A task that waits on its token is `waiting`.
 */
export function visitsOf(events: readonly HistoryEvent[]): readonly StateVisit[] {
  const visits: Open[] = [];
  const owner = new Map<number, Open>();
  const waitsOnToken = new Set<Open>();

  for (const event of events) {
    const type = event.type ?? '';
    const at = (event.timestamp ?? new Date(0)).toISOString();
    const before = owner.get(event.previousEventId ?? 0);

    if (type.endsWith('StateEntered')) {
      const visit: Open = {
        state: event.stateEnteredEventDetails?.name ?? '',
        type: type.slice(0, -'StateEntered'.length),
        status: 'running',
        enteredAt: at,
        exitedAt: null,
        error: null,
      };
      visits.push(visit);
      own(event, visit);
      continue;
    }

    if (type.endsWith('StateExited')) {
      const name = event.stateExitedEventDetails?.name;
      // A Parallel's or Map's exit follows an event of its last branch, not its own.
      const visit =
        before?.state === name
          ? before
          : visits.findLast((v) => v.state === name && v.exitedAt === null);
      if (visit !== undefined) {
        visit.exitedAt = at;
        visit.status = visit.error === null ? 'success' : 'failed';
        own(event, visit);
      }
      continue;
    }

    if (before !== undefined) own(event, before);
    const error = errorOf(event);
    // A plain string: the other events say nothing about a state.
    const kind: string = type;
    switch (kind) {
      case 'TaskScheduled':
        if (before !== undefined) {
          before.error = null;
          before.status = 'running';
          if (event.taskScheduledEventDetails?.resource?.endsWith('.waitForTaskToken')) {
            waitsOnToken.add(before);
          }
        }
        break;
      case 'LambdaFunctionScheduled':
      case 'ActivityScheduled':
        if (before !== undefined) {
          before.error = null;
          before.status = 'running';
        }
        break;
      case 'TaskSubmitted':
        if (before !== undefined && waitsOnToken.has(before)) before.status = 'waiting';
        break;
      case 'TaskSucceeded':
      case 'LambdaFunctionSucceeded':
      case 'ActivitySucceeded':
        if (before !== undefined) before.status = 'running';
        break;
      case 'ExecutionFailed':
      case 'ExecutionTimedOut':
      case 'ExecutionAborted':
        for (const visit of visits.filter((v) => v.exitedAt === null)) {
          visit.status = 'failed';
          visit.exitedAt = at;
          visit.error ??= error ?? ENDED[kind] ?? null;
        }
        break;
      default:
        if (before !== undefined && error !== undefined) {
          before.error = error;
          before.status = 'running';
        }
    }
  }
  return visits;

  function own(event: HistoryEvent, visit: Open): void {
    if (event.id !== undefined) owner.set(event.id, visit);
  }
}

const ENDED: Readonly<Record<string, string>> = {
  ExecutionFailed: 'States.Runtime',
  ExecutionTimedOut: 'States.Timeout',
  ExecutionAborted: 'States.Aborted',
};

function errorOf(event: HistoryEvent): string | undefined {
  const details = [
    event.taskFailedEventDetails,
    event.taskTimedOutEventDetails,
    event.taskStartFailedEventDetails,
    event.taskSubmitFailedEventDetails,
    event.lambdaFunctionFailedEventDetails,
    event.lambdaFunctionTimedOutEventDetails,
    event.lambdaFunctionScheduleFailedEventDetails,
    event.lambdaFunctionStartFailedEventDetails,
    event.activityFailedEventDetails,
    event.activityTimedOutEventDetails,
    event.executionFailedEventDetails,
    event.executionTimedOutEventDetails,
    event.executionAbortedEventDetails,
  ].find((d) => d !== undefined);
  if (details === undefined) return undefined;
  return details.error ?? (event.type?.endsWith('TimedOut') ? 'States.Timeout' : undefined);
}
