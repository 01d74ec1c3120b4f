/** What the dead-letter queues hold, looked at without taking it out. */
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { isDeadLetterQueue, NAME_PREFIX } from '#contracts/physical-names.ts';
import { needStack, pointAt } from '../local-stack.ts';

export interface DeadLetter {
  readonly queue: string;
  readonly id: string;
  /** When it was sent first, ISO 8601 UTC. */
  readonly at: string;
  readonly reason: string;
  readonly body: string;
}

const MOST = 100;

/**
 * The letters of this application's dead-letter queues, up to 100 a queue.
 * They are made visible again at once, but each look counts as a receive.
 */
export async function deadLetters(): Promise<DeadLetter[]> {
  if ((process.env['TITLEHOLDER_API'] ?? '') === '') pointAt(await needStack());
  const client = new SQSClient();
  const { QueueUrls = [] } = await client.send(
    new ListQueuesCommand({ QueueNamePrefix: NAME_PREFIX, MaxResults: 1000 }),
  );
  const found = new Map<string, DeadLetter>();
  // Of any environment in the account; other applications' letters are no business of ours.
  const ours = QueueUrls.filter((url) => isDeadLetterQueue(url.split('/').at(-1) ?? ''));
  for (const queue of ours) {
    for (let seen = -1; seen < found.size && found.size < MOST; ) {
      seen = found.size;
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queue,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 2,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['SentTimestamp'],
        }),
      );
      for (const message of Messages) {
        const id = message.MessageId ?? '';
        found.set(id, {
          queue: queue.slice(queue.lastIndexOf('/') + 1),
          id,
          at: new Date(Number(message.Attributes?.SentTimestamp ?? 0)).toISOString(),
          reason: message.MessageAttributes?.['reason']?.StringValue ?? 'no reason was given',
          body: message.Body ?? '',
        });
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
}
