/** Reads the history of an execution as the states it entered. Pure. */
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { StateVisit } from '#domain/ports/executions.ts';

type Visit = { -readonly [K in keyof StateVisit]: StateVisit[K] };

/** The visit that an event belongs to; `map` and `item` are those of the visits that follow it. */
interface EventOwner {
  readonly visit: Visit;
  readonly map: Visit | null;
  readonly item: number | null;
}

/**
 * @param events in order, all pages.
 *
 * Events name their predecessor; a task's events follow its entry, so each belongs to its
 * predecessor's visit. A retried task's earlier failure is forgotten; a failed task that was caught
 * exits as `failed` with its error. A task that waits on its token is `waiting`.
 *
 * A Map fails by its item's error, which its own events don't bear. Events that end an item name the
 * Map and the item's place, for their predecessor may be another item's event. What comes after an end
 * changes nothing any more: LocalStack writes on when an item's function returns late.
 */
export function visitsOf(events: readonly HistoryEvent[]): readonly StateVisit[] {
  const history = new History();
  for (const event of events) history.read(event);
  return history.visits;
}

class History {
  readonly visits: Visit[] = [];
  /** By the event's id. */
  readonly #owners = new Map<number, EventOwner>();
  /** The owner of the event that entered each visit. */
  readonly #entries = new Map<Visit, EventOwner>();
  readonly #waitsOnToken = new Set<Visit>();
  readonly #failedMaps = new Set<Visit>();

  read(event: HistoryEvent): void {
    const type: string = event.type ?? '';
    const at = (event.timestamp ?? new Date(0)).toISOString();
    const before = this.#owners.get(event.previousEventId ?? 0);
    if (type.endsWith('StateEntered')) this.#entered(event, type, at, before);
    else if (type.endsWith('StateExited')) this.#exited(event, at, before);
    else if (type.startsWith('MapIteration')) this.#iterated(event, type, at, before);
    else if (type.startsWith('MapState')) {
      const map = before?.visit.type === 'Map' ? before.visit : before?.map;
      if (before !== undefined && map != null) this.#mapChanged(map, type, at, before.visit);
      this.#put(event, map == null ? before : this.#entries.get(map));
    } else {
      if (before !== undefined) {
        this.#put(event, before);
        this.#taskChanged(before.visit, event);
      }
      if (ENDED[type] !== undefined) this.#endAll(type, at, failureOf(event));
    }
  }

  #entered(event: HistoryEvent, type: string, at: string, before: EventOwner | undefined): void {
    const visit: Visit = {
      state: event.stateEnteredEventDetails?.name ?? '',
      type: type.slice(0, -'StateEntered'.length),
      status: 'running',
      enteredAt: at,
      exitedAt: null,
      error: null,
      cause: null,
      item: before?.item ?? null,
    };
    const entry = { visit, map: before?.map ?? null, item: visit.item };
    this.visits.push(visit);
    this.#entries.set(visit, entry);
    this.#put(event, entry);
  }

  #exited(event: HistoryEvent, at: string, before: EventOwner | undefined): void {
    const name = event.stateExitedEventDetails?.name;
    // A Parallel's or Map's exit follows an event of its last branch, not its own.
    const visit = before?.visit.state === name ? before?.visit : this.#unfinished(name);
    if (visit === undefined) return;
    const failed = visit.error !== null || this.#failedMaps.has(visit);
    if (visit.exitedAt === null) close(visit, failed ? 'failed' : 'success', at);
    this.#put(event, this.#entries.get(visit));
  }

  #iterated(event: HistoryEvent, type: string, at: string, before: EventOwner | undefined): void {
    const details = iterationOf(event);
    const map = this.#unfinished(details?.name);
    const index = details?.index ?? null;
    if (map === undefined || index === null) this.#put(event, before);
    else if (type === 'MapIterationStarted') this.#put(event, { visit: map, map, item: index });
    else {
      const visit = this.#itemsOf(map).findLast((v) => v.item === index);
      this.#put(event, visit === undefined ? before : this.#entries.get(visit));
      if (visit !== undefined) endItem(visit, type, at);
    }
  }

  #put(event: HistoryEvent, owner: EventOwner | undefined): void {
    if (event.id !== undefined && owner !== undefined) this.#owners.set(event.id, owner);
  }

  #unfinished(state: string | undefined): Visit | undefined {
    return this.visits.findLast((v) => v.state === state && v.exitedAt === null);
  }

  #itemsOf(map: Visit): Visit[] {
    return this.visits.filter((v) => v.item !== null && this.#entries.get(v)?.map === map);
  }

  #mapChanged(map: Visit, type: string, at: string, last: Visit): void {
    if (map.exitedAt !== null) return;
    switch (type) {
      case 'MapStateStarted':
        this.#failedMaps.delete(map);
        Object.assign(map, { error: null, cause: null });
        break;
      case 'MapStateFailed':
        this.#failedMaps.add(map);
        Object.assign(map, { error: last.error, cause: last.cause });
        for (const visit of this.#itemsOf(map)) endItem(visit, type, at);
        break;
      case 'MapStateAborted':
        for (const visit of this.#itemsOf(map)) endItem(visit, type, at);
        close(map, 'aborted', at);
    }
  }

  #taskChanged(visit: Visit, event: HistoryEvent): void {
    if (visit.exitedAt !== null) return;
    // A plain string: the other events say nothing about a state.
    const kind: string = event.type ?? '';
    switch (kind) {
      case 'TaskScheduled':
        Object.assign(visit, { status: 'running', error: null, cause: null });
        if (event.taskScheduledEventDetails?.resource?.endsWith('.waitForTaskToken')) {
          this.#waitsOnToken.add(visit);
        }
        break;
      case 'LambdaFunctionScheduled':
      case 'ActivityScheduled':
        Object.assign(visit, { status: 'running', error: null, cause: null });
        break;
      case 'TaskSubmitted':
        if (this.#waitsOnToken.has(visit)) visit.status = 'waiting';
        break;
      case 'TaskSucceeded':
      case 'LambdaFunctionSucceeded':
      case 'ActivitySucceeded':
        visit.status = 'running';
        break;
      default: {
        const failure = ENDED[kind] === undefined ? failureOf(event) : undefined;
        if (failure !== undefined) Object.assign(visit, { status: 'running', ...failure });
      }
    }
  }

  #endAll(type: string, at: string, said: Failure | undefined): void {
    for (const visit of this.visits.filter((v) => v.exitedAt === null)) {
      if (visit.item !== null) {
        endItem(visit, type, at);
      } else if (type === 'ExecutionAborted') {
        // LocalStack lets the wait of a stopped execution time out: that is no error of the state.
        Object.assign(visit, { error: said?.error ?? null, cause: said?.cause ?? null });
        close(visit, 'aborted', at);
      } else {
        visit.error ??= said?.error ?? ENDED[type] ?? null;
        visit.cause ??= said?.cause ?? null;
        close(visit, 'failed', at);
      }
    }
  }
}

/** The error of an open state whose execution ended without naming one. */
const ENDED: Readonly<Record<string, string>> = {
  ExecutionFailed: 'States.Runtime',
  ExecutionTimedOut: 'States.Timeout',
  ExecutionAborted: 'States.Aborted',
};

/** Ends an item by its own event, or with its Map or execution: it failed only if it has an error. */
function endItem(visit: Visit, type: string, at: string): void {
  if (visit.exitedAt !== null) return;
  const done = type === 'MapIterationSucceeded';
  const failed = visit.error !== null || type === 'MapIterationFailed';
  close(visit, done ? 'success' : failed ? 'failed' : 'aborted', at);
}

function close(visit: Visit, status: StateVisit['status'], at: string): void {
  visit.status = status;
  visit.exitedAt = at;
}

interface Failure {
  readonly error: string;
  readonly cause: string | null;
}

function iterationOf(event: HistoryEvent) {
  return (
    event.mapIterationStartedEventDetails ??
    event.mapIterationSucceededEventDetails ??
    event.mapIterationFailedEventDetails ??
    event.mapIterationAbortedEventDetails
  );
}

function failureOf(event: HistoryEvent): Failure | undefined {
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
    event.evaluationFailedEventDetails,
    event.executionFailedEventDetails,
    event.executionTimedOutEventDetails,
    event.executionAbortedEventDetails,
  ].find((d) => d !== undefined);
  if (details === undefined) return undefined;
  const error = details.error ?? (event.type?.endsWith('TimedOut') ? 'States.Timeout' : undefined);
  return error === undefined ? undefined : { error, cause: details.cause ?? null };
}
