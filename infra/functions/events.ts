import { env as deliverOutboxEnv } from '../../functions/deliver-outbox/env.ts';
import { env as mirrorChampionEnv } from '../../functions/mirror-champion/env.ts';
import { env as startRunEnv } from '../../functions/start-run/env.ts';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Maker } from './maker.ts';

/** What the bus, the queues and the clock call. */
export function eventFunctions(
  { make, may, variables, names, busArn }: Maker,
  props: {
    readonly startSeconds: number;
    readonly startDeadLetters: Queue;
    readonly mirrorSeconds: number;
  },
) {
  return {
    startRun: make('StartRun', 'start-run', startRunEnv, {
      variables: {
        ...variables.runs,
        ...variables.machine,
        DEAD_LETTER_QUEUE_URL: props.startDeadLetters.queueUrl,
      },
      memoryMb: 256,
      seconds: props.startSeconds,
      grants: [
        may.runs(['GetItem'], ['COMMIT']),
        may.changeRun,
        may.machine('StartExecution'),
        may.executions('DescribeExecution'),
        may.send(props.startDeadLetters.queueArn),
      ],
    }),
    mirrorChampion: make('MirrorChampion', 'mirror-champion', mirrorChampionEnv, {
      variables: { ...variables.champion, ...variables.mlflow },
      memoryMb: 256,
      seconds: props.mirrorSeconds,
      grants: [
        may.champion(['GetItem'], ['POINTER']),
        may.champion(['Query'], ['LEDGER', 'VERSION']),
      ],
    }),
    deliverOutbox: make('DeliverOutbox', 'deliver-outbox', deliverOutboxEnv, {
      variables: { ...variables.champion, EVENT_BUS: names.bus },
      memoryMb: 256,
      seconds: 50,
      grants: [
        // It removes delivered events and can't write a decision.
        may.champion(['Query', 'DeleteItem'], ['OUTBOX']),
        may.publish(busArn, 'deliver-outbox'),
      ],
    }),
  };
}
