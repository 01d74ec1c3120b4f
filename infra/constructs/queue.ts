/** A queue that never loses a message: what can't be handled ends in its dead-letter queue. */
import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export class GuardedQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  /** `consumerSeconds` is the consumer's time-out: a message stays hidden six times as long (AWS's advice). */
  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly name: string;
      /** The dead-letter queue's name. */
      readonly deadLetters: string;
      readonly consumerSeconds: number;
      readonly tries: number;
    },
  ) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: props.deadLetters,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // The longest that SQS allows: somebody has to look.
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Queue', {
      queueName: props.name,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(props.consumerSeconds * 6),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.tries },
    });
  }

  /**
   * Gives every message to a function that answers as `eachMessage` does.
   *
   * The only place that maps a queue to a function: without `reportBatchItemFailures` Lambda ignores
   * that answer and deletes the messages that failed.
   */
  feed(consumer: LambdaFunction): void {
    consumer.addEventSource(
      new SqsEventSource(this.queue, {
        // One event at a time: a bad one must not take healthy neighbours into another attempt.
        batchSize: 1,
        reportBatchItemFailures: true,
      }),
    );
  }
}
