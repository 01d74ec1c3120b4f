/** The one way to make a function. */
import { Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { join } from 'node:path';
import type * as z from 'zod';
import { type Grant, statementOf } from '../grants.ts';
import type { FunctionName } from '../bundle.ts';
import { LOG_GROUP_PREFIX, type PhysicalNames } from '#contracts/physical-names.ts';
import type { Environment } from '../environments.ts';
import { acknowledge } from './acknowledge.ts';

export interface FunctionProps<S extends z.ZodObject> {
  readonly environment: Environment;
  readonly names: PhysicalNames;
  /** The folder in functions/. */
  readonly code: FunctionName;
  /** The physical name's last part, where it isn't the folder's. */
  readonly deployedAs?: string;
  /** Where the bundles are. */
  readonly bundles: string;
  /** What the code parses its variables with … */
  readonly schema: S;
  /** … and therefore what it must be given: a missing variable doesn't compile. */
  readonly variables: z.input<S> & Readonly<Record<string, string | undefined>>;
  readonly memoryMb: number;
  /** The Task's TimeoutSeconds is 30 s more, so that the function's own time-out is the one seen. */
  readonly seconds: number;
  readonly grants: readonly Grant[];
}

/** A function with a role and a log group of its own, and no permission that isn't in `grants`. */
export class TitleholderFunction<S extends z.ZodObject> extends Construct {
  readonly fn: LambdaFunction;
  readonly arn: string;
  readonly physicalName: string;

  constructor(scope: Construct, id: string, props: FunctionProps<S>) {
    super(scope, id);
    const { environment, names } = props;
    const name = names.functionName(props.deployedAs ?? props.code);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `${LOG_GROUP_PREFIX}${name}`,
      retention: environment.logRetention,
      removalPolicy: environment.removal,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Of ${name} alone`,
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    for (const grant of props.grants) role.addToPolicy(statementOf(grant));

    this.fn = new LambdaFunction(this, 'Function', {
      functionName: name,
      role,
      runtime: Runtime.NODEJS_24_X,
      architecture: environment.architecture,
      handler: 'index.handler',
      code: Code.fromAsset(join(props.bundles, props.code)),
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.seconds),
      logGroup,
      tracing: environment.onAws ? Tracing.ACTIVE : Tracing.DISABLED,
      environment: {
        ...definedOf(props.variables),
        ...(environment.context.environment === 'local' && environment.context.recordCalls === '1'
          ? { TITLEHOLDER_RECORD_CALLS: '1' }
          : {}),
      },
    });
    this.physicalName = name;
    // Known without a reference to the resource, so that roles and functions can name one another.
    this.arn = functionArn(names, name);

    for (const grant of props.grants) {
      for (const resource of grant.resources.filter((r) => r.includes('*'))) {
        if (grant.why === undefined) throw new Error(`${name}: say why it needs ${resource}`);
        acknowledge(this, resource, grant.why);
      }
    }
    if (environment.onAws) {
      acknowledge(this, '*', 'X-Ray takes segments for no particular resource');
    }
  }
}

function functionArn(names: PhysicalNames, name: string): string {
  return names.machineArn
    .replace(':states:', ':lambda:')
    .replace(/stateMachine:.*$/, `function:${name}`);
}

function definedOf(of: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(of).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}
