import { env as checkCiReportEnv } from '../../functions/check-ci-report/env.ts';
import { env as chooseCandidateEnv } from '../../functions/choose-candidate/env.ts';
import { env as fullTrainEnv } from '../../functions/full-train/env.ts';
import { env as openRunEnv } from '../../functions/open-run/env.ts';
import { env as planCandidatesEnv } from '../../functions/plan-candidates/env.ts';
import { env as quickTrainEnv } from '../../functions/quick-train/env.ts';
import { env as trainCandidateEnv } from '../../functions/train-candidate/env.ts';
import { env as validateDataEnv } from '../../functions/validate-data/env.ts';
import type { Maker } from './maker.ts';

/** The machine's steps up to the trained challenger, by folder name. */
export function trainingSteps({ make, may, variables }: Maker) {
  return {
    'open-run': make('OpenRun', 'open-run', openRunEnv, {
      variables: { ...variables.tables, ...variables.bucket, ...variables.machine },
      memoryMb: 256,
      seconds: 30,
      // Stops a run that only waits for a person, where the policy lets a later commit supersede it.
      grants: [...may.lockAndQueue, may.executions('StopExecution')],
    }),
    'check-ci-report': make('CheckCiReport', 'check-ci-report', checkCiReportEnv, {
      variables: { ...variables.runs, ...variables.bucket },
      memoryMb: 256,
      seconds: 60,
      grants: [...may.recordedStep, ...may.read('reports', 'bundles')],
    }),
    'validate-data': make('ValidateData', 'validate-data', validateDataEnv, {
      variables: { ...variables.tables, ...variables.bucket },
      memoryMb: 3008,
      seconds: 300,
      grants: [
        ...may.recordedStep,
        may.changeRun,
        may.runs(['GetItem', 'PutItem'], ['HOLDOUT']),
        may.champion(['GetItem'], ['CHARTER']),
        may.champion(['Query'], ['LEDGER']),
        ...may.read('bundles', 'data', 'evidence'),
        may.write('data', 'reports', 'evidence'),
      ],
    }),
    'quick-train': make('QuickTrain', 'quick-train', quickTrainEnv, {
      variables: { ...variables.runs, ...variables.bucket },
      memoryMb: 3008,
      seconds: 300,
      grants: [
        ...may.recordedStep,
        may.changeRun,
        ...may.read('bundles', 'data'),
        may.write('models', 'reports'),
      ],
    }),
    'plan-candidates': make('PlanCandidates', 'plan-candidates', planCandidatesEnv, {
      variables: { ...variables.runs, ...variables.bucket },
      memoryMb: 256,
      seconds: 60,
      grants: [...may.recordedStep, may.changeRun, ...may.read('bundles')],
    }),
    'train-candidate': make('TrainCandidate', 'train-candidate', trainCandidateEnv, {
      variables: { ...variables.runs, ...variables.bucket },
      memoryMb: 8192,
      seconds: 900,
      grants: [...may.recordedStep, ...may.read('bundles', 'data'), may.write('reports')],
    }),
    'choose-candidate': make('ChooseCandidate', 'choose-candidate', chooseCandidateEnv, {
      variables: { ...variables.runs, ...variables.bucket },
      memoryMb: 512,
      seconds: 60,
      grants: [...may.recordedStep, ...may.read('bundles', 'reports'), may.write('reports')],
    }),
    'full-train': make('FullTrain', 'full-train', fullTrainEnv, {
      variables: { ...variables.runs, ...variables.bucket },
      memoryMb: 8192,
      seconds: 900,
      grants: [
        ...may.recordedStep,
        ...may.read('bundles', 'data', 'reports'),
        may.write('models', 'reports'),
      ],
    }),
  };
}
