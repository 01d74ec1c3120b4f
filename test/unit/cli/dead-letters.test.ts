import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { deadLetters } from '../../../cli/remote/dead-letters.ts';

const url = (name: string) => `https://sqs.eu-central-1.amazonaws.com/123456789012/${name}`;

afterEach(() => vi.unstubAllEnvs());

describe('the dead letters of an AWS account', () => {
  it('are those of this application; nobody else’s queue is received from', async () => {
    vi.stubEnv('TITLEHOLDER_API', 'https://api.example.com');
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    const sqs = mockClient(SQSClient);
    sqs.on(ListQueuesCommand).resolves({
      QueueUrls: [
        url('payments-dead-letters'),
        url('titleholder-dev-commits'),
        url('titleholder-dev-commits-dead-letters'),
        url('titleholder-dev-endings-dead-letters'),
        url('titleholder-dev-others-dead-letters'),
      ],
    });
    sqs.on(ReceiveMessageCommand).resolves({ Messages: [] });
    expect(await deadLetters()).toEqual([]);
    expect(
      sqs.commandCalls(ReceiveMessageCommand).map((call) => call.args[0].input.QueueUrl),
    ).toEqual([
      url('titleholder-dev-commits-dead-letters'),
      url('titleholder-dev-endings-dead-letters'),
    ]);
    sqs.restore();
  });
});
