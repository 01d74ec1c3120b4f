import { env as acceptCommitEnv } from '../../functions/accept-commit/env.ts';
import { env as decideRunEnv } from '../../functions/decide-run/env.ts';
import { env as generateClaimsEnv } from '../../functions/generate-claims/env.ts';
import { env as readPipelineEnv } from '../../functions/read-pipeline/env.ts';
import type { Maker } from './maker.ts';

/** What answers the API, but for predictions. */
export function apiFunctions(
  { make, may, variables, names, environment, busArn }: Maker,
  recordDecision: { readonly physicalName: string; readonly arn: string },
) {
  return {
    acceptCommit: make('AcceptCommit', 'accept-commit', acceptCommitEnv, {
      variables: {
        ...variables.identity,
        ...variables.runs,
        ...variables.bucket,
        EVENT_BUS: names.bus,
        PEOPLE: environment.context.people,
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
        may.publish(busArn, 'accept-commit'),
      ],
    }),
    decideRun: make('DecideRun', 'decide-run', decideRunEnv, {
      variables: {
        ...variables.identity,
        ...variables.tables,
        ...variables.bucket,
        ...variables.machine,
        RECORD_DECISION_FUNCTION: recordDecision.physicalName,
      },
      memoryMb: 512,
      seconds: 28,
      grants: [
        ...may.readRun,
        may.changeRun,
        may.runs(['GetItem', 'PutItem'], ['APPROVAL']),
        may.champion(['GetItem'], ['POINTER']),
        ...may.rulingPolicy,
        may.tokens('SendTaskSuccess'),
        may.machine('StartExecution'),
        may.executions('DescribeExecution', 'StopExecution'),
        may.invoke(recordDecision.arn),
      ],
    }),
    readPipeline: make('ReadPipeline', 'read-pipeline', readPipelineEnv, {
      variables: {
        ...variables.identity,
        ...variables.tables,
        ...variables.bucket,
        ...variables.machine,
        ...variables.mlflow,
      },
      memoryMb: 512,
      seconds: 28,
      grants: [
        ...may.readRun,
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
      variables: variables.identity,
      memoryMb: 512,
      seconds: 25,
      grants: [],
    }),
  };
}
