/** Everything that can be thrown away and made again: functions, machine, bus, queues, APIs. */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import {
  CfnEventBusPolicy,
  EventBus,
  type EventPattern,
  Rule,
  Schedule,
} from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Api } from '../constructs/api.ts';
import { GuardedQueue } from '../constructs/queue.ts';
import { ReleaseMachine } from '../constructs/release-machine.ts';
import { apiFunctions } from '../functions/api.ts';
import { eventFunctions } from '../functions/events.ts';
import { functionMaker } from '../functions/maker.ts';
import { releaseSteps } from '../functions/release-steps.ts';
import { servingFunctions } from '../functions/serving.ts';
import { trainingSteps } from '../functions/training-steps.ts';
import { EVENT_SOURCE, typesConsumedBy } from '#contracts/events.ts';
import { physicalNames } from '#contracts/physical-names.ts';
import { functionsByPath } from '#contracts/routes.ts';
import type { Environment } from '../environments.ts';

const START_SECONDS = 30;
const MIRROR_SECONDS = 60;
const CLOSE_SECONDS = 60;

export class StatelessStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    props: StackProps & { readonly environment: Environment; readonly bundles: string },
  ) {
    super(scope, id, props);
    const { environment } = props;
    const names = physicalNames(environment.name, this);
    const { queues } = names;

    const bus = new EventBus(this, 'Bus', { eventBusName: names.bus });
    const commits = new GuardedQueue(this, 'Commits', {
      name: queues.commits,
      deadLetters: queues.commitsDeadLetters,
      consumerSeconds: START_SECONDS,
      tries: 3,
    });
    const moves = new GuardedQueue(this, 'Moves', {
      name: queues.moves,
      deadLetters: queues.movesDeadLetters,
      consumerSeconds: MIRROR_SECONDS,
      // MLflow may be down for a while: 10 times 6 minutes.
      tries: 10,
    });
    const endings = new GuardedQueue(this, 'Endings', {
      name: queues.endings,
      deadLetters: queues.endingsDeadLetters,
      consumerSeconds: CLOSE_SECONDS,
      // A model stays locked until its run is closed: DynamoDB may be away for an hour.
      tries: 20,
    });

    const maker = functionMaker(this, {
      environment,
      names,
      bundles: props.bundles,
      busArn: bus.eventBusArn,
    });
    const serving = servingFunctions(maker);
    const steps = { ...trainingSteps(maker), ...releaseSteps(maker, serving, CLOSE_SECONDS) };
    const api = apiFunctions(maker, steps['record-decision']);
    const events = eventFunctions(maker, {
      startSeconds: START_SECONDS,
      startDeadLetters: commits.deadLetters,
      mirrorSeconds: MIRROR_SECONDS,
    });

    const machine = new ReleaseMachine(this, 'ReleaseModel', {
      environment,
      name: names.machine,
      functions: Object.fromEntries(
        Object.entries(steps).map(([name, step]) => [name, step.fn.functionArn]),
      ),
    });

    this.#connect({ bus, commits, moves, endings, machine, events, steps });
    if (environment.onAws) this.#letOnlyPublishCommits(bus, api.acceptCommit.fn);

    const behind = {
      'accept-commit': api.acceptCommit.fn,
      'decide-run': api.decideRun.fn,
      'read-pipeline': api.readPipeline.fn,
      'generate-claims': api.generateClaims.fn,
      'serve-model': serving.production.fn,
    };
    const production = new Api(this, 'Production', {
      environment,
      name: names.apis.production,
      paths: new Map([...functionsByPath()].map(([path, name]) => [path, behind[name]])),
    });
    const staging = new Api(this, 'Staging', {
      environment,
      name: names.apis.staging,
      paths: new Map(
        [...functionsByPath('serve-model').keys()].map((path) => [path, serving.staging.fn]),
      ),
    });

    const output = (name: string, value: string) => new CfnOutput(this, name, { value });
    output('ApiUrl', production.url);
    output('StagingApiUrl', staging.url);
    output('StateMachineArn', machine.machine.stateMachineArn);
    output('RunsTable', names.runsTable);
    output('ChampionTable', names.championTable);
    output('ArtifactBucket', names.bucket);
    output('EventBus', bus.eventBusName);
    output('CommitsQueueUrl', commits.queue.queueUrl);
    output('CommitsDeadLetterQueueUrl', commits.deadLetters.queueUrl);
    output('MovesQueueUrl', moves.queue.queueUrl);
    output('MovesDeadLetterQueueUrl', moves.deadLetters.queueUrl);
    output('EndingsQueueUrl', endings.queue.queueUrl);
    output('EndingsDeadLetterQueueUrl', endings.deadLetters.queueUrl);
    const made = [steps, serving, api, events].flatMap((some) => Object.values(some));
    for (const { node, fn } of made) {
      output(`${node.id}Function`, fn.functionName);
    }
  }

  /** Connects queues to their functions and rules to their targets. */
  #connect(of: {
    readonly bus: EventBus;
    readonly commits: GuardedQueue;
    readonly moves: GuardedQueue;
    readonly endings: GuardedQueue;
    readonly machine: ReleaseMachine;
    readonly events: ReturnType<typeof eventFunctions>;
    readonly steps: ReturnType<typeof releaseSteps>;
  }): void {
    const { bus, commits, moves, endings, machine, events, steps } = of;
    commits.feed(events.startRun.fn);
    moves.feed(events.mirrorChampion.fn);
    endings.feed(steps['close-run'].fn);
    new Rule(this, 'CommitPushed', {
      eventBus: bus,
      description: 'A stored commit starts a run',
      eventPattern: eventsFor('start-run'),
      targets: [new SqsQueue(commits.queue)],
    });
    new Rule(this, 'ChampionMoved', {
      eventBus: bus,
      description: 'MLflow follows the ledger',
      eventPattern: eventsFor('mirror-champion'),
      targets: [new SqsQueue(moves.queue)],
    });
    new Rule(this, 'ExecutionEnded', {
      description: 'Closes every run that ended in any way; a stopped one passes through no Catch',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [machine.machine.stateMachineArn],
          status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [new SqsQueue(endings.queue)],
    });
    new Rule(this, 'EveryMinute', {
      description: 'Delivers what a decision left in the outbox',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaTarget(events.deliverOutbox.fn)],
    });
  }

  /** The functions' roles say so already. The bus's policy repeats it, so that a role made by hand can't put these events. */
  #letOnlyPublishCommits(bus: EventBus, publisher: LambdaFunction): void {
    new CfnEventBusPolicy(this, 'CommitsEnterByAcceptCommitOnly', {
      eventBusName: bus.eventBusName,
      statementId: 'CommitsEnterByAcceptCommitOnly',
      statement: {
        Effect: 'Deny',
        Principal: '*',
        Action: 'events:PutEvents',
        Resource: bus.eventBusArn,
        Condition: {
          StringEquals: { 'events:detail-type': 'CommitPushed' },
          ArnNotEquals: { 'aws:PrincipalArn': publisher.role?.roleArn },
        },
      },
    });
  }
}

/** The rule's pattern of all events that are for a function. */
function eventsFor(functionName: string): EventPattern {
  return { source: [EVENT_SOURCE], detailType: [...typesConsumedBy(functionName)] };
}
