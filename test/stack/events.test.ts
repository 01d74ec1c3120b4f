/** What comes over the bus and can't become a run is kept, with its reason, where a person finds it. */
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { CommitPushed, EVENT_SOURCE } from '#contracts/events.ts';
import { eventually, send, until } from './support/line.ts';
import { newRepository, type Repository } from './support/repository.ts';
import { connect, freshName, hasStack, NAMES, type StackUnderTest } from './support/stack.ts';

describe.skipIf(!hasStack)('a CommitPushed that nobody sent', () => {
  let stack: StackUnderTest;
  let repository: Repository;
  beforeAll(async () => {
    stack = await connect();
    repository = await newRepository();
  });

  async function put(detail: unknown): Promise<void> {
    const { FailedEntryCount } = await stack.aws.eventbridge().send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: NAMES.bus,
            Source: EVENT_SOURCE,
            DetailType: 'CommitPushed',
            Detail: JSON.stringify(detail),
          },
        ],
      }),
    );
    expect(FailedEntryCount).toBe(0);
  }

  it('goes to the dead-letter queue with its reason, and starts nothing', async () => {
    const model = freshName('events');
    await repository.add(model);
    const runId = await send(stack, repository, model);
    await until(stack, runId, 'awaiting_approval');
    const { commit: stored, run } = await stack.api('vera').status(runId);
    const { commit, branch, bundle, data, ciReport, cause, asOf } = stored;
    const good = CommitPushed.parse({
      ...{ schemaVersion: 1, model, commit, branch, bundle, data, ciReport, cause, asOf },
    });
    const other = freshName('events');
    const bad: readonly (readonly [string, object, RegExp])[] = [
      ['garbage', { model, garbage: true }, /^BadInput: the event: detail/],
      [
        'an unknown field',
        { ...good, submitter: 'mallory' },
        /^BadInput: the event: unknown field detail.submitter/,
      ],
      ['a short commit', { ...good, commit: 'abc1234' }, /^BadInput: the event: detail.commit/],
      ['another version of the shape', { ...good, schemaVersion: 2 }, /schemaVersion/],
      [
        'a commit nobody stored',
        { ...good, model: other },
        /^CommitUnknown: no commit is stored for /,
      ],
      ['another bundle', { ...good, bundle: `sha256:${'0'.repeat(64)}` }, /^CommitUnknown: /],
    ];
    for (const [what, detail] of bad) await put({ ...detail, branch: what });
    await put(good);

    const letters = async (): Promise<{ reason: string; body: string; queue: string }[]> => {
      const { stdout } = await stack.verb('olga', 'dlq', 'list', '--json');
      return JSON.parse(stdout);
    };
    for (const [what, , reason] of bad) {
      let found: { reason: string; queue: string } | undefined;
      await eventually(`a dead letter of ${what}`, async () => {
        found = (await letters()).find(
          ({ body }) =>
            body.includes(`"${what}"`) && (body.includes(model) || body.includes(other)),
        );
        return found !== undefined;
      });
      expect(found?.reason, what).toMatch(reason);
      expect(found?.queue).toBe(NAMES.queues.commitsDeadLetters);
    }
    // The right event, come again: a duplicate and no letter.
    const after = await stack.api('vera').runs({ model });
    expect(after.runs.map((one) => [one.runId, one.attempt, one.status])).toEqual([
      [runId, run.attempt, 'awaiting_approval'],
    ]);
    expect((await stack.api('vera').runs({ model: other })).runs).toEqual([]);
    const { Messages = [] } = await stack.aws.sqs().send(
      new ReceiveMessageCommand({
        QueueUrl: stack.endpoints.outputs['CommitsDeadLetterQueueUrl'],
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['reason'],
        VisibilityTimeout: 1,
      }),
    );
    expect(Messages.every((m) => m.MessageAttributes?.['reason']?.StringValue !== undefined)).toBe(
      true,
    );
    await stack.verb('ana', 'cancel', runId);
  });
});
