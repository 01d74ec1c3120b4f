/** Every function: its size, its time, its variables and what it may do. */
import type { Construct } from 'constructs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type * as z from 'zod';
import { env as acceptCommitEnv } from '../functions/accept-commit/env.ts';
import { env as askPersonEnv } from '../functions/ask-person/env.ts';
import { env as checkCiReportEnv } from '../functions/check-ci-report/env.ts';
import { env as chooseCandidateEnv } from '../functions/choose-candidate/env.ts';
import { env as closeRunEnv } from '../functions/close-run/env.ts';
import { env as decideRunEnv } from '../functions/decide-run/env.ts';
import { env as deliverOutboxEnv } from '../functions/deliver-outbox/env.ts';
import { env as evaluateChallengerEnv } from '../functions/evaluate-challenger/env.ts';
import { env as fullTrainEnv } from '../functions/full-train/env.ts';
import { env as generateClaimsEnv } from '../functions/generate-claims/env.ts';
import { env as mirrorChampionEnv } from '../functions/mirror-champion/env.ts';
import { env as openRunEnv } from '../functions/open-run/env.ts';
import { env as planCandidatesEnv } from '../functions/plan-candidates/env.ts';
import { env as quickTrainEnv } from '../functions/quick-train/env.ts';
import { env as readPipelineEnv } from '../functions/read-pipeline/env.ts';
import { env as recordDecisionEnv } from '../functions/record-decision/env.ts';
import { env as recordRunEnv } from '../functions/record-run/env.ts';
import { env as serveModelEnv } from '../functions/serve-model/env.ts';
import { env as smokeTestEnv } from '../functions/smoke-test/env.ts';
import { env as startRunEnv } from '../functions/start-run/env.ts';
import { env as trainCandidateEnv } from '../functions/train-candidate/env.ts';
import { env as validateDataEnv } from '../functions/validate-data/env.ts';
import { env as verifyPromotionEnv } from '../functions/verify-promotion/env.ts';
import type { FunctionName } from './bundle.ts';
import { TitleholderFunction, type FunctionProps } from './constructs/function.ts';
import { grantsOf } from './grants.ts';
import type { Names } from './names.ts';
import type { Stage } from './stages.ts';

export interface FunctionsProps {
  readonly stage: Stage;
  readonly names: Names;
  readonly bundles: string;
  readonly busArn: string;
  readonly startSeconds: number;
  readonly mirrorSeconds: number;
  readonly startDeadLetters: Queue;
}

/** Makes all functions in `scope`; `steps` are the machine's, by folder name. */
export function makeFunctions(scope: Construct, props: FunctionsProps) {
  const { stage, names } = props;
  const { context } = stage;
  const may = grantsOf(names);

  const make = <S extends z.ZodObject>(
    id: string,
    code: FunctionName,
    schema: S,
    of: Omit<FunctionProps<S>, 'stage' | 'names' | 'bundles' | 'code' | 'schema'>,
  ) =>
    new TitleholderFunction<S>(scope, id, {
      stage,
      names,
      bundles: props.bundles,
      code,
      schema,
      ...of,
    });

  const tables = { RUNS_TABLE: names.runsTable, CHAMPION_TABLE: names.championTable };
  const runs = { RUNS_TABLE: names.runsTable };
  const champion = { CHAMPION_TABLE: names.championTable };
  const bucket = { ARTIFACT_BUCKET: names.bucket };
  const machine = { STATE_MACHINE_ARN: names.machineArn };
  const mlflow = { MLFLOW_TRACKING_URI: context.mlflowTrackingUri };
  const serving = {
    SERVING_STAGING_FUNCTION: names.functionName('serve-model-staging'),
    SERVING_PRODUCTION_FUNCTION: names.functionName('serve-model-production'),
  };
  const identity = {
    STAGE: stage.name,
    IDENTITY_ISSUER: context.identityIssuer,
    IDENTITY_AUDIENCE: context.identityAudience,
    ...(context.stage === 'local'
      ? { IDENTITY_JWKS: context.identityJwks }
      : {
          IDENTITY_JWKS_URI: context.identityJwksUri,
          IDENTITY_ROLES_CLAIM: context.identityRolesClaim,
          IDENTITY_GROUPS:
            context.identityGroups === undefined
              ? undefined
              : JSON.stringify(context.identityGroups),
        }),
  };

  /** Its commit and the steps before it, and its own output for `resume`. */
  const recordedStep = [
    may.runs(['GetItem'], ['COMMIT']),
    may.runs(['GetItem', 'Query', 'PutItem'], ['STEP']),
  ];
  /** Its commit and the outputs of its steps, to be read. */
  const readRun = [may.runs(['GetItem'], ['COMMIT']), may.runs(['Query'], ['STEP'])];
  const changeRun = may.runs(['GetItem', 'PutItem'], ['RUN']);
  /** The policy that rules a run: the model's accepted charter, or the commit's own. */
  const rulingPolicy = [may.champion(['GetItem'], ['CHARTER']), ...may.read('bundles', 'evidence')];
  /** Moving the lock wakes whoever has it next, or fails a token that nobody waits on. */
  const lockAndQueue = [
    may.runs(['GetItem'], ['COMMIT']),
    may.runs(['GetItem', 'PutItem'], ['RUN', 'LOCK']),
    ...rulingPolicy,
    may.tokens('SendTaskSuccess', 'SendTaskFailure'),
    may.executions('DescribeExecution'),
  ];

  const serveModel = (id: string, slot: 'staging' | 'production') =>
    make(id, 'serve-model', serveModelEnv, {
      deployedAs: `serve-model-${slot}`,
      environment: { ...identity, ...champion, ...bucket, SLOT: slot },
      memoryMb: 1024,
      seconds: 25,
      grants: [may.champion(['GetItem'], ['POINTER']), ...may.read('models')],
    });
  const serveStaging = serveModel('ServeModelStaging', 'staging');
  const serveProduction = serveModel('ServeModelProduction', 'production');

  const recordDecision = make('RecordDecision', 'record-decision', recordDecisionEnv, {
    environment: { ...tables, ...bucket, EVENT_BUS: names.bus },
    memoryMb: 512,
    seconds: 60,
    grants: [
      // The one function that writes pointers, ledger, versions, charters and the outbox.
      may.champion(
        ['GetItem', 'Query', 'PutItem'],
        ['POINTER', 'HEAD', 'LEDGER', 'DECISION', 'VERSION', 'CHARTER', 'OUTBOX'],
      ),
      // It tells at once what it decided; deliver-outbox only makes good what was lost.
      may.champion(['DeleteItem'], ['OUTBOX']),
      may.publish(props.busArn, 'ChampionMoved', 'RunRejected'),
      ...recordedStep,
      changeRun,
      may.runs(['GetItem', 'UpdateItem'], ['APPROVAL']),
      may.runs(['GetItem', 'ConditionCheckItem'], ['VERIFIED']),
      ...may.read('bundles', 'evidence', 'models'),
    ],
  });

  const steps = {
    'open-run': make('OpenRun', 'open-run', openRunEnv, {
      environment: { ...tables, ...bucket, ...machine },
      memoryMb: 256,
      seconds: 30,
      // Stops a run that only waits for a person, where the policy lets a later commit supersede it.
      grants: [...lockAndQueue, may.executions('StopExecution')],
    }),
    'check-ci-report': make('CheckCiReport', 'check-ci-report', checkCiReportEnv, {
      environment: { ...runs, ...bucket },
      memoryMb: 256,
      seconds: 60,
      grants: [...recordedStep, ...may.read('reports', 'bundles')],
    }),
    'validate-data': make('ValidateData', 'validate-data', validateDataEnv, {
      environment: { ...tables, ...bucket },
      memoryMb: 3008,
      seconds: 300,
      grants: [
        ...recordedStep,
        changeRun,
        may.runs(['GetItem', 'PutItem'], ['HOLDOUT']),
        may.champion(['GetItem'], ['CHARTER']),
        may.champion(['Query'], ['LEDGER']),
        ...may.read('bundles', 'data', 'evidence'),
        may.write('data', 'reports', 'evidence'),
      ],
    }),
    'quick-train': make('QuickTrain', 'quick-train', quickTrainEnv, {
      environment: { ...runs, ...bucket },
      memoryMb: 3008,
      seconds: 300,
      grants: [
        ...recordedStep,
        changeRun,
        ...may.read('bundles', 'data'),
        may.write('models', 'reports'),
      ],
    }),
    'plan-candidates': make('PlanCandidates', 'plan-candidates', planCandidatesEnv, {
      environment: { ...runs, ...bucket },
      memoryMb: 256,
      seconds: 60,
      grants: [...recordedStep, changeRun, ...may.read('bundles')],
    }),
    'train-candidate': make('TrainCandidate', 'train-candidate', trainCandidateEnv, {
      environment: { ...runs, ...bucket },
      memoryMb: 8192,
      seconds: 900,
      grants: [...recordedStep, ...may.read('bundles', 'data'), may.write('reports')],
    }),
    'choose-candidate': make('ChooseCandidate', 'choose-candidate', chooseCandidateEnv, {
      environment: { ...runs, ...bucket },
      memoryMb: 512,
      seconds: 60,
      grants: [...recordedStep, ...may.read('bundles', 'reports'), may.write('reports')],
    }),
    'full-train': make('FullTrain', 'full-train', fullTrainEnv, {
      environment: { ...runs, ...bucket },
      memoryMb: 8192,
      seconds: 900,
      grants: [
        ...recordedStep,
        ...may.read('bundles', 'data', 'reports'),
        may.write('models', 'reports'),
      ],
    }),
    'record-run': make('RecordRun', 'record-run', recordRunEnv, {
      environment: { ...tables, ...bucket, ...mlflow },
      memoryMb: 512,
      seconds: 120,
      grants: [
        ...recordedStep,
        may.champion(['GetItem'], ['CHARTER']),
        ...may.read('reports', 'evidence', 'models'),
      ],
    }),
    'evaluate-challenger': make(
      'EvaluateChallenger',
      'evaluate-challenger',
      evaluateChallengerEnv,
      {
        environment: { ...tables, ...bucket },
        memoryMb: 3008,
        seconds: 600,
        grants: [
          ...recordedStep,
          changeRun,
          may.runs(['GetItem'], ['HOLDOUT']),
          may.champion(['GetItem'], ['POINTER', 'VERSION', 'CHARTER', 'DECISION', 'LEDGER']),
          ...may.read('bundles', 'data', 'models', 'evidence'),
          may.write('evidence'),
        ],
      },
    ),
    'ask-person': make('AskPerson', 'ask-person', askPersonEnv, {
      environment: { ...tables, ...bucket, ...machine },
      memoryMb: 256,
      seconds: 30,
      grants: [
        ...readRun,
        changeRun,
        may.runs(['GetItem', 'PutItem'], ['APPROVAL']),
        ...rulingPolicy,
        // An approval of the same evidence that nobody spent answers at once.
        may.tokens('SendTaskSuccess'),
      ],
    }),
    'record-decision': recordDecision,
    'smoke-test': make('SmokeTest', 'smoke-test', smokeTestEnv, {
      environment: { ...runs, ...bucket, ...serving, ...mlflow },
      memoryMb: 1024,
      seconds: 120,
      grants: [
        ...recordedStep,
        may.runs(['PutItem'], ['VERIFIED']),
        ...may.read('data', 'models'),
        may.invoke(serveStaging.arn),
      ],
    }),
    'verify-promotion': make('VerifyPromotion', 'verify-promotion', verifyPromotionEnv, {
      environment: { ...tables, ...serving },
      memoryMb: 512,
      seconds: 60,
      grants: [
        ...recordedStep,
        changeRun,
        may.champion(['GetItem'], ['POINTER', 'VERSION', 'HEAD']),
        may.champion(['Query'], ['LEDGER']),
        may.invoke(serveProduction.arn),
      ],
    }),
    'close-run': make('CloseRun', 'close-run', closeRunEnv, {
      environment: { ...tables, ...bucket, ...machine },
      memoryMb: 256,
      seconds: 60,
      grants: lockAndQueue,
    }),
  };

  const api = {
    serveStaging,
    serveProduction,
    acceptCommit: make('AcceptCommit', 'accept-commit', acceptCommitEnv, {
      environment: {
        ...identity,
        ...runs,
        ...bucket,
        EVENT_BUS: names.bus,
        PEOPLE: context.people,
      },
      memoryMb: 512,
      seconds: 25,
      grants: [
        may.runs(['GetItem', 'PutItem'], ['COMMIT']),
        may.runs(['GetItem'], ['RUN']),
        may.commitLists(),
        ...may.read('bundles', 'data', 'reports'),
        // What it signs for the committer's upload.
        may.write('bundles', 'data', 'reports'),
        may.publish(props.busArn, 'CommitPushed'),
      ],
    }),
    startRun: make('StartRun', 'start-run', startRunEnv, {
      environment: {
        ...runs,
        ...machine,
        DEAD_LETTER_QUEUE_URL: props.startDeadLetters.queueUrl,
      },
      memoryMb: 256,
      seconds: props.startSeconds,
      grants: [
        may.runs(['GetItem'], ['COMMIT']),
        changeRun,
        may.machine('StartExecution'),
        may.executions('DescribeExecution'),
        may.send(props.startDeadLetters.queueArn),
      ],
    }),
    decideRun: make('DecideRun', 'decide-run', decideRunEnv, {
      environment: {
        ...identity,
        ...tables,
        ...bucket,
        ...machine,
        RECORD_DECISION_FUNCTION: recordDecision.physicalName,
      },
      memoryMb: 512,
      seconds: 28,
      grants: [
        ...readRun,
        changeRun,
        may.runs(['GetItem', 'PutItem'], ['APPROVAL']),
        may.champion(['GetItem'], ['POINTER']),
        ...rulingPolicy,
        may.tokens('SendTaskSuccess'),
        may.machine('StartExecution'),
        may.executions('DescribeExecution', 'StopExecution'),
        may.invoke(recordDecision.arn),
      ],
    }),
    readPipeline: make('ReadPipeline', 'read-pipeline', readPipelineEnv, {
      environment: { ...identity, ...tables, ...bucket, ...machine, ...mlflow },
      memoryMb: 512,
      seconds: 28,
      grants: [
        ...readRun,
        may.runs(['GetItem'], ['RUN']),
        may.runs(['GetItem'], ['APPROVAL']),
        may.runLists(),
        may.champion(['GetItem'], ['POINTER', 'HEAD', 'CHARTER']),
        may.champion(['Query'], ['LEDGER']),
        ...may.read('reports', 'evidence'),
        may.executions('GetExecutionHistory'),
        may.machine('DescribeStateMachine'),
      ],
    }),
    generateClaims: make('GenerateClaims', 'generate-claims', generateClaimsEnv, {
      environment: identity,
      memoryMb: 512,
      seconds: 25,
      grants: [],
    }),
    mirrorChampion: make('MirrorChampion', 'mirror-champion', mirrorChampionEnv, {
      environment: { ...champion, ...mlflow },
      memoryMb: 256,
      seconds: props.mirrorSeconds,
      grants: [
        may.champion(['GetItem'], ['POINTER']),
        may.champion(['Query'], ['LEDGER', 'VERSION']),
      ],
    }),
    deliverOutbox: make('DeliverOutbox', 'deliver-outbox', deliverOutboxEnv, {
      environment: { ...champion, EVENT_BUS: names.bus },
      memoryMb: 256,
      seconds: 50,
      grants: [
        // Removes delivered events; of the decisions themselves it can write nothing.
        may.champion(['Query', 'DeleteItem'], ['OUTBOX']),
        may.publish(props.busArn, 'ChampionMoved', 'RunRejected'),
      ],
    }),
  };
  return { steps, api };
}
