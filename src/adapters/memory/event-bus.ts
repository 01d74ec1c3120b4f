import type { DeadLetters } from '#domain/ports/dead-letters.ts';
import type { EventBus } from '#domain/ports/event-bus.ts';
import { eventText } from '#adapters/eventbridge/event-bus.ts';

export interface MemoryEvent {
  readonly type: string;
  readonly detail: unknown;
}
export interface MemoryEventBus extends EventBus {
  /** Everything published so far. */
  readonly events: readonly MemoryEvent[];
}

/** @param deliver what the rules do: called once for every event, and awaited. */
export function memoryEventBus(deliver?: (event: MemoryEvent) => Promise<void>): MemoryEventBus {
  const events: MemoryEvent[] = [];
  return {
    events,
    publish: async ({ type, detail }) => {
      const sent = await Promise.try((): MemoryEvent => {
        const parsed: unknown = JSON.parse(eventText(type, detail));
        return { type, detail: parsed };
      });
      events.push(sent);
      await deliver?.(sent);
    },
  };
}

export interface MemoryDeadLetters extends DeadLetters {
  readonly letters: readonly { readonly body: string; readonly reason: string }[];
}

export function memoryDeadLetters(): MemoryDeadLetters {
  const letters: { body: string; reason: string }[] = [];
  return {
    letters,
    send: (body, reason) => Promise.try(() => void letters.push({ body, reason })),
  };
}
