/** What every function is made with: its environment and names, groups of variables, groups of grants. */
import type { Construct } from 'constructs';
import type * as z from 'zod';
import type { FunctionName } from '../bundle.ts';
import { type FunctionProps, TitleholderFunction } from '../constructs/function.ts';
import { grantsOf } from '../grants.ts';
import type { PhysicalNames } from '#contracts/physical-names.ts';
import type { Environment } from '../environments.ts';

interface MakerProps {
  readonly environment: Environment;
  readonly names: PhysicalNames;
  /** Where the bundles are. */
  readonly bundles: string;
  readonly busArn: string;
}

export type Maker = ReturnType<typeof functionMaker>;

export function functionMaker(scope: Construct, props: MakerProps) {
  const { environment, names, bundles } = props;
  const make = <S extends z.ZodObject>(
    id: string,
    code: FunctionName,
    schema: S,
    of: Omit<FunctionProps<S>, 'environment' | 'names' | 'bundles' | 'code' | 'schema'>,
  ) => new TitleholderFunction<S>(scope, id, { environment, names, bundles, code, schema, ...of });
  return {
    make,
    ...props,
    variables: variablesOf(environment, names),
    may: groupedGrantsOf(names),
  };
}

/** Variables that several functions have, by what they name. */
function variablesOf(environment: Environment, names: PhysicalNames) {
  const { context } = environment;
  return {
    tables: { RUNS_TABLE: names.runsTable, CHAMPION_TABLE: names.championTable },
    runs: { RUNS_TABLE: names.runsTable },
    champion: { CHAMPION_TABLE: names.championTable },
    bucket: { ARTIFACT_BUCKET: names.bucket },
    machine: { STATE_MACHINE_ARN: names.machineArn },
    mlflow: { MLFLOW_TRACKING_URI: context.mlflowTrackingUri },
    serving: {
      SERVING_STAGING_FUNCTION: names.functionName('serve-model-staging'),
      SERVING_PRODUCTION_FUNCTION: names.functionName('serve-model-production'),
    },
    identity: {
      ENVIRONMENT: environment.name,
      IDENTITY_ISSUER: context.identityIssuer,
      IDENTITY_AUDIENCE: context.identityAudience,
      ...(context.environment === 'local'
        ? { IDENTITY_JWKS: context.identityJwks }
        : {
            IDENTITY_JWKS_URI: context.identityJwksUri,
            IDENTITY_ROLES_CLAIM: context.identityRolesClaim,
            IDENTITY_GROUPS:
              context.identityGroups === undefined
                ? undefined
                : JSON.stringify(context.identityGroups),
          }),
    },
  };
}

/** Single grants, and those that several functions have together. */
function groupedGrantsOf(names: PhysicalNames) {
  const may = grantsOf(names);
  /** The policy that rules a run: the model's accepted charter, or the commit's own. */
  const rulingPolicy = [may.champion(['GetItem'], ['CHARTER']), ...may.read('bundles', 'evidence')];
  return {
    ...may,
    rulingPolicy,
    /** Lets a step read its commit and the earlier steps, and record its own output for `resume`. */
    recordedStep: [
      may.runs(['GetItem'], ['COMMIT']),
      may.runs(['GetItem', 'Query', 'PutItem'], ['STEP']),
    ],
    /** Its commit and the outputs of its steps, to be read. */
    readRun: [may.runs(['GetItem'], ['COMMIT']), may.runs(['Query'], ['STEP'])],
    changeRun: may.runs(['GetItem', 'PutItem'], ['RUN']),
    /** Moving the lock wakes whoever has it next, or fails a token that nobody waits on. */
    lockAndQueue: [
      may.runs(['GetItem'], ['COMMIT']),
      may.runs(['GetItem', 'PutItem'], ['RUN', 'LOCK']),
      ...rulingPolicy,
      may.tokens('SendTaskSuccess', 'SendTaskFailure'),
      may.executions('DescribeExecution'),
    ],
  };
}
