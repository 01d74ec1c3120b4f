import { env as askPersonEnv } from '../../functions/ask-person/env.ts';
import { env as closeRunEnv } from '../../functions/close-run/env.ts';
import { env as evaluateEnv } from '../../functions/evaluate-challenger/env.ts';
import { env as recordDecisionEnv } from '../../functions/record-decision/env.ts';
import { env as recordRunEnv } from '../../functions/record-run/env.ts';
import { env as smokeTestEnv } from '../../functions/smoke-test/env.ts';
import { env as verifyPromotionEnv } from '../../functions/verify-promotion/env.ts';
import type { Maker } from './maker.ts';
import type { servingFunctions } from './serving.ts';

type Serving = ReturnType<typeof servingFunctions>;

/** The machine's steps from the judgement to the promoted champion, by folder name. */
export function releaseSteps(
  { make, may, variables, names, busArn }: Maker,
  serving: Serving,
  closeSeconds: number,
) {
  return {
    'record-run': make('RecordRun', 'record-run', recordRunEnv, {
      variables: { ...variables.tables, ...variables.bucket, ...variables.mlflow },
      memoryMb: 512,
      seconds: 120,
      grants: [
        ...may.recordedStep,
        may.champion(['GetItem'], ['CHARTER']),
        ...may.read('reports', 'evidence', 'models'),
      ],
    }),
    'evaluate-challenger': make('EvaluateChallenger', 'evaluate-challenger', evaluateEnv, {
      variables: { ...variables.tables, ...variables.bucket },
      memoryMb: 3008,
      seconds: 600,
      grants: [
        ...may.recordedStep,
        may.changeRun,
        may.runs(['GetItem'], ['HOLDOUT']),
        may.champion(['GetItem'], ['POINTER', 'VERSION', 'CHARTER', 'DECISION', 'LEDGER']),
        // Production's moves, back to the anchor.
        may.champion(['Query'], ['LEDGER']),
        ...may.read('bundles', 'data', 'models', 'evidence'),
        may.write('evidence'),
      ],
    }),
    'ask-person': make('AskPerson', 'ask-person', askPersonEnv, {
      variables: { ...variables.tables, ...variables.bucket, ...variables.machine },
      memoryMb: 256,
      seconds: 30,
      grants: [
        ...may.readRun,
        may.changeRun,
        may.runs(['GetItem', 'PutItem'], ['APPROVAL']),
        ...may.rulingPolicy,
        // An approval of the same evidence that nobody spent answers at once.
        may.tokens('SendTaskSuccess'),
      ],
    }),
    'record-decision': make('RecordDecision', 'record-decision', recordDecisionEnv, {
      variables: { ...variables.tables, ...variables.bucket, EVENT_BUS: names.bus },
      memoryMb: 512,
      seconds: 60,
      grants: [
        // The one function that writes pointers, ledger, versions, charters and the outbox.
        may.champion(
          ['GetItem', 'Query', 'PutItem'],
          ['POINTER', 'HEAD', 'LEDGER', 'DECISION', 'VERSION', 'CHARTER', 'OUTBOX'],
        ),
        // It publishes its events at once; deliver-outbox delivers only those that were lost.
        may.champion(['DeleteItem'], ['OUTBOX']),
        may.publish(busArn, 'record-decision'),
        ...may.recordedStep,
        may.changeRun,
        may.runs(['GetItem', 'UpdateItem'], ['APPROVAL']),
        may.runs(['GetItem', 'ConditionCheckItem'], ['VERIFIED']),
        ...may.read('bundles', 'evidence', 'models'),
      ],
    }),
    'smoke-test': make('SmokeTest', 'smoke-test', smokeTestEnv, {
      variables: {
        ...variables.runs,
        ...variables.bucket,
        ...variables.serving,
        ...variables.mlflow,
      },
      memoryMb: 1024,
      seconds: 120,
      grants: [
        ...may.recordedStep,
        may.runs(['PutItem'], ['VERIFIED']),
        ...may.read('data', 'models'),
        may.invoke(serving.staging.arn),
      ],
    }),
    'verify-promotion': make('VerifyPromotion', 'verify-promotion', verifyPromotionEnv, {
      variables: { ...variables.tables, ...variables.serving },
      memoryMb: 512,
      seconds: 60,
      grants: [
        ...may.recordedStep,
        may.changeRun,
        may.champion(['GetItem'], ['POINTER', 'VERSION', 'HEAD']),
        may.champion(['Query'], ['LEDGER']),
        may.invoke(serving.production.arn),
      ],
    }),
    'close-run': make('CloseRun', 'close-run', closeRunEnv, {
      variables: { ...variables.tables, ...variables.bucket, ...variables.machine },
      memoryMb: 256,
      seconds: closeSeconds,
      grants: may.lockAndQueue,
    }),
  };
}
