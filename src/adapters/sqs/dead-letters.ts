import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetters } from '#domain/ports/dead-letters.ts';
import { reaching } from '#adapters/aws/errors.ts';

/** The message attribute that says why a message is here. */
export const REASON_ATTRIBUTE = 'reason';
/** Attributes count towards the message's size; a reason is a sentence. */
const MAX_REASON_CHARACTERS = 1_000;

/** A dead-letter queue that is written to directly, the reason as a message attribute. */
export function sqsDeadLetters(client: SQSClient, queueUrl: string): DeadLetters {
  return {
    async send(body, reason) {
      await reaching('SQS', () =>
        client.send(
          new SendMessageCommand({
            QueueUrl: queueUrl,
            MessageBody: body,
            MessageAttributes: {
              [REASON_ATTRIBUTE]: {
                DataType: 'String',
                StringValue: printable(reason).slice(0, MAX_REASON_CHARACTERS) || 'unknown',
              },
            },
          }),
        ),
      );
    },
  };
}

/** SQS refuses most control characters in an attribute. */
function printable(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, '\uFFFD');
}
