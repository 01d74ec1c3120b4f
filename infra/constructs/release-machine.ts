/** The Step Functions machine, its definition from state-machines/. */
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { placeholderOf, releaseModel } from '../../state-machines/release-model/definition.ts';
import type { Environment } from '../environments.ts';
import { acknowledge, acknowledgeRule } from './acknowledge.ts';

export class ReleaseMachine extends Construct {
  readonly machine: StateMachine;

  /** `functions` maps each function's folder name to its ARN. */
  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly environment: Environment;
      readonly name: string;
      readonly functions: Readonly<Record<string, string>>;
    },
  ) {
    super(scope, id);
    const { environment } = props;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: Object.values(props.functions),
      }),
    );
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: props.name,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(releaseModel)),
      definitionSubstitutions: Object.fromEntries(
        Object.entries(props.functions).map(([name, arn]) => [placeholderOf(name), arn]),
      ),
      role,
      tracingEnabled: environment.onAws,
      ...(environment.onAws
        ? {
            logs: {
              destination: new LogGroup(this, 'Logs', {
                logGroupName: `/aws/vendedlogs/states/${props.name}`,
                retention: environment.logRetention,
                removalPolicy: environment.removal,
              }),
              level: LogLevel.ALL,
              // Task tokens are in the data.
              includeExecutionData: false,
            },
          }
        : {}),
    });
    if (environment.onAws) {
      acknowledge(
        this,
        '*',
        'X-Ray and log delivery are granted for no particular resource (AWS names none)',
      );
    } else {
      const reason = 'the local AWS writes no Step Functions logs and has no X-Ray';
      acknowledgeRule(this.machine, 'SF1', reason);
      acknowledgeRule(this.machine, 'SF2', reason);
    }
  }
}
