import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  DeleteRuleCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsClients } from '#adapters/aws/clients.ts';
import { eventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { memoryDeadLetters, memoryEventBus } from '#adapters/memory/event-bus.ts';
import { REASON_ATTRIBUTE, sqsDeadLetters } from '#adapters/sqs/dead-letters.ts';
import type { DeadLetters } from '#domain/ports/dead-letters.ts';
import type { EventBus } from '#domain/ports/event-bus.ts';
import { hasAws, unique } from './support/aws.ts';

interface Made {
  readonly bus: EventBus;
  /** The next event that reached a target of the bus. */
  next(): Promise<{ readonly type: unknown; readonly detail: unknown }>;
  close?(): Promise<void>;
}

describeEventBus('memory', () => {
  const bus = memoryEventBus();
  let taken = 0;
  return Promise.resolve({ bus, next: () => Promise.resolve(bus.events[taken++]!) });
});
if (hasAws) {
  describeEventBus('EventBridge', async () => {
    const clients = awsClients();
    const busName = unique('ports-bus');
    await clients.eventbridge().send(new CreateEventBusCommand({ Name: busName }));
    const { QueueUrl } = await clients
      .sqs()
      .send(new CreateQueueCommand({ QueueName: unique('ports-queue') }));
    const { Attributes } = await clients
      .sqs()
      .send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    const rule = { EventBusName: busName, Rule: 'all' };
    await clients.eventbridge().send(
      new PutRuleCommand({
        EventBusName: busName,
        Name: rule.Rule,
        EventPattern: JSON.stringify({ source: ['titleholder'] }),
      }),
    );
    await clients
      .eventbridge()
      .send(new PutTargetsCommand({ ...rule, Targets: [{ Id: 'q', Arn: Attributes?.QueueArn }] }));
    return {
      bus: eventBridgeBus(clients.eventbridge(), busName),
      next: async () => {
        const { Messages } = await clients
          .sqs()
          .send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }));
        const event = JSON.parse(Messages?.[0]?.Body ?? '{}') as Record<string, unknown>;
        return { type: event['detail-type'], detail: event['detail'] };
      },
      close: async () => {
        await clients.eventbridge().send(new RemoveTargetsCommand({ ...rule, Ids: ['q'] }));
        await clients
          .eventbridge()
          .send(new DeleteRuleCommand({ EventBusName: busName, Name: rule.Rule }));
        await clients.eventbridge().send(new DeleteEventBusCommand({ Name: busName }));
        await clients.sqs().send(new DeleteQueueCommand({ QueueUrl }));
      },
    };
  });
}

export function describeEventBus(name: string, make: () => Promise<Made>): void {
  describe(`EventBus: ${name}`, () => {
    let made: Made;
    beforeAll(async () => {
      made = await make();
    });
    afterAll(() => made.close?.());

    it('delivers type and detail as they were, quotes and newlines too', async () => {
      const detail = { reason: 'a "quoted"\nline', n: 1.5, none: null };
      await made.bus.publish({ type: 'ChampionMoved', detail });
      expect(await made.next()).toEqual({ type: 'ChampionMoved', detail });
    });

    it('refuses what is over 16 KB', async () => {
      const detail = { text: 'ä'.repeat(8 * 1024) };
      await expect(made.bus.publish({ type: 'T', detail })).rejects.toMatchObject({
        name: 'TooLarge',
      });
    });
  });
}

interface MadeLetters {
  readonly letters: DeadLetters;
  next(): Promise<{ readonly body: unknown; readonly reason: unknown }>;
}
describeDeadLetters('memory', () => {
  const letters = memoryDeadLetters();
  return Promise.resolve({
    letters,
    next: () => Promise.resolve({ ...letters.letters.at(-1)! }),
  });
});
if (hasAws) {
  describeDeadLetters('SQS', async () => {
    const sqs = awsClients().sqs();
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: unique('ports-dlq') }));
    return {
      letters: sqsDeadLetters(sqs, QueueUrl!),
      next: async () => {
        const { Messages } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl,
            WaitTimeSeconds: 5,
            MessageAttributeNames: ['All'],
          }),
        );
        const message = Messages?.[0];
        return {
          body: message?.Body,
          reason: message?.MessageAttributes?.[REASON_ATTRIBUTE]?.StringValue,
        };
      },
    };
  });
}
export function describeDeadLetters(name: string, make: () => Promise<MadeLetters>): void {
  describe(`DeadLetters: ${name}`, () => {
    it('keeps the message as it was, and the reason beside it', async () => {
      const made = await make();
      await made.letters.send('{"broken', 'the body is not JSON');
      expect(await made.next()).toEqual({ body: '{"broken', reason: 'the body is not JSON' });
    });
  });
}
