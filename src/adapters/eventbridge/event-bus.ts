import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE, MAX_EVENT_BYTES } from '#contracts/events.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { EventBus } from '#domain/ports/event-bus.ts';
import { reaching } from '#adapters/aws/errors.ts';
import { jsonText } from '#adapters/json-text.ts';

/**
 * One event a call on one bus, `source` titleholder, `detail-type` the event's type.
 *
 * Throws `TooLarge` over our own 16 KB, `Unavailable` when the bus refused the entry: PutEvents
 * answers 200 then, and says it only in FailedEntryCount.
 */
export function eventBridgeBus(client: EventBridgeClient, busName: string): EventBus {
  return {
    async publish({ type, detail }) {
      const text = eventText(type, detail);
      const answer = await reaching('EventBridge', () =>
        client.send(
          new PutEventsCommand({
            Entries: [
              { EventBusName: busName, Source: EVENT_SOURCE, DetailType: type, Detail: text },
            ],
          }),
        ),
      );
      if ((answer.FailedEntryCount ?? 0) > 0) {
        const refused = answer.Entries?.find((e) => e.ErrorCode !== undefined);
        const code = refused?.ErrorCode ?? 'unknown';
        throw new TitleholderError(
          'Unavailable',
          `the bus refused ${type} (${code}: ${refused?.ErrorMessage ?? 'no message'})`,
          { type, code },
        );
      }
    },
  };
}

/** The detail as JSON. Throws `TooLarge` when the event is over our own limit. */
export function eventText(type: string, detail: unknown): string {
  const text = jsonText(detail);
  const bytes = Buffer.byteLength(text) + Buffer.byteLength(type);
  if (bytes > MAX_EVENT_BYTES) {
    throw new TitleholderError(
      'TooLarge',
      `the event ${type} has ${bytes} bytes; the limit is ${MAX_EVENT_BYTES}`,
      { type, bytes, limit: MAX_EVENT_BYTES },
    );
  }
  return text;
}
