/** SQS batches: each message by itself, and only those that failed are given back. */
import * as z from 'zod';
import type { Log } from '#domain/ports/log.ts';
import { parse } from '#contracts/parse.ts';

const SqsEvent = z.looseObject({
  Records: z.array(z.looseObject({ messageId: z.string(), body: z.string() })),
});

/** Whether a function is called by a queue, and not by whoever else calls it. */
export function isOfQueue(event: unknown): boolean {
  return SqsEvent.safeParse(event).success;
}

/** `ReportBatchItemFailures`: these messages come again, and after the queue's limit go to its dead letters. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Handles the messages one after the other; a thrown error fails its message only. */
export async function eachMessage(
  event: unknown,
  log: Log,
  handle: (body: string) => Promise<void>,
): Promise<BatchAnswer> {
  const { Records } = parse(SqsEvent, event, 'the event of the queue');
  const failed: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of Records) {
    try {
      await handle(body);
    } catch (error) {
      const name = error instanceof Error ? error.name : 'Error';
      const text = error instanceof Error ? error.message : String(error);
      log(text, { level: 'error', error: name, messageId });
      failed.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures: failed };
}
