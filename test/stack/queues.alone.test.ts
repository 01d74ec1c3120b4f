/** A consumer that can't handle a message: it comes again, and ends in its queue's dead letters. */
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '#contracts/parse.ts';
import * as z from 'zod';
import { eventually } from './support/line.ts';
import { connect, hasStack, type StackUnderTest } from './support/stack.ts';

const QUEUES = ['Commits', 'Moves', 'Endings'] as const;
const Redrive = z.object({ maxReceiveCount: z.coerce.number() });
/** Right in form, so that the consumer goes to work on it, and about a run that nobody stored. */
const ENDING = JSON.stringify({
  'detail-type': 'Step Functions Execution Status Change',
  detail: { name: 'nobody-000000000000-00000000-1', status: 'ABORTED' },
});

describe.skipIf(!hasStack)('a message that its consumer can’t handle', () => {
  let stack: StackUnderTest;
  beforeAll(async () => {
    stack = await connect();
  });

  const urlOf = (name: string): string => stack.endpoints.outputs[`${name}Url`] ?? '';

  /** How often a message with this text was received before it came to the dead letters. */
  async function receives(queue: string, marker: string): Promise<number | undefined> {
    const { Messages = [] } = await stack.aws.sqs().send(
      new ReceiveMessageCommand({
        QueueUrl: urlOf(`${queue}DeadLetterQueue`),
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 1,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      }),
    );
    const found = Messages.find(({ Body = '' }) => Body.includes(marker));
    return found === undefined ? undefined : Number(found.Attributes?.ApproximateReceiveCount);
  }

  it.each(QUEUES)('comes again and ends in the dead letters of %s', async (queue) => {
    const sqs = stack.aws.sqs();
    const QueueUrl = urlOf(`${queue}Queue`);
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ['VisibilityTimeout', 'RedrivePolicy'],
      }),
    );
    const { maxReceiveCount } = parseJson(
      Redrive,
      Attributes.RedrivePolicy ?? '',
      'the redrive policy',
    );
    const hide = (VisibilityTimeout: string): Promise<unknown> =>
      sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout } }));
    // As configured a message stays hidden for minutes; how often it comes is left as it is.
    await hide('1');
    const marker = `poison-${queue}`;
    try {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: queue === 'Endings' ? ENDING : JSON.stringify({ marker }),
        }),
      );
      const text = queue === 'Endings' ? 'nobody-000000000000' : marker;
      let count: number | undefined;
      await eventually(`a dead letter of ${queue}`, async () => {
        count = await receives(queue, text);
        return count !== undefined;
      });
      // start-run itself puts what can never become a run there; its other failures come again.
      expect(count).toBeGreaterThan(queue === 'Commits' ? 0 : maxReceiveCount);
    } finally {
      await hide(Attributes.VisibilityTimeout ?? '');
    }
  });
});
