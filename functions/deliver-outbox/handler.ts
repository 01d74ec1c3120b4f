/** Publishes what a registry's transaction left in the outbox, at least once and in its order. */
import { TitleholderError } from '#domain/errors.ts';
import type { Outbox } from '#domain/ports/outbox.ts';
import type { EventBus } from '#domain/ports/event-bus.ts';
import type { Log } from '#domain/ports/log.ts';

export interface DeliverOutboxDeps {
  readonly outbox: Outbox;
  readonly bus: EventBus;
  readonly log: Log;
}

/** One call's share; what is left waits a minute. */
const BATCH = 100;

/**
 * Delivers the events that are still in the outbox. An event that fails keeps its place and doesn't hold up the others;
 * the call then fails (`Unavailable`), so that an alarm sees it, and the next minute tries again.
 */
export const deliverOutbox =
  (deps: DeliverOutboxDeps) => async (): Promise<{ readonly delivered: number }> => {
    const events = await deps.outbox.pending(BATCH);
    const failed: string[] = [];
    for (const { id, type, detail } of events) {
      try {
        await deps.bus.publish({ type, detail });
        await deps.outbox.delivered(id);
      } catch (error) {
        const name = error instanceof Error ? error.name : 'Error';
        deps.log('an event of the outbox was not delivered', { id, type, error: name });
        failed.push(id);
      }
    }
    if (failed.length > 0) {
      throw new TitleholderError(
        'Unavailable',
        `${failed.length} of ${events.length} events of the outbox were not delivered`,
        { failed: failed.length, first: failed[0] ?? null },
      );
    }
    return { delivered: events.length };
  };
