/**
 * Physical names in AWS, fixed by environment: what infra makes, and what the command line, the demo
 * and the tests look at.
 *
 * The stacks refer to one another by these and not by CloudFormation exports: an export in use blocks
 * every change of what exports it, and the machine's ARN must be known to functions that the machine
 * itself refers to.
 */
import { type EnvironmentName, ENVIRONMENTS } from './environments.ts';

/** What every physical name begins with. */
export const NAME_PREFIX = 'titleholder-';

/** Where resources are; tokens of CDK serve too. */
export interface Account {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** The only account and region of the local AWS. */
export const LOCAL_ACCOUNT: Account = {
  partition: 'aws',
  region: 'us-east-1',
  account: '000000000000',
};

export type PhysicalNames = ReturnType<typeof physicalNames>;

export function physicalNames(environment: EnvironmentName, of: Account) {
  const { partition, region, account } = of;
  const prefix = `${NAME_PREFIX}${environment}`;
  const arn = (service: string, rest: string) =>
    `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const functionName = (name: string) => `${prefix}-${name}`;
  const machine = `${prefix}-release-model`;
  const runsTable = `${prefix}-runs`;
  const championTable = `${prefix}-champion`;
  const bucket = `${prefix}-artifacts-${account}-${region}`;
  return {
    apis: { production: prefix, staging: `${prefix}-staging` },
    queues: queueNames(environment),
    runsTable,
    championTable,
    bucket,
    bus: prefix,
    machine,
    runsTableArn: arn('dynamodb', `table/${runsTable}`),
    championTableArn: arn('dynamodb', `table/${championTable}`),
    bucketArn: `arn:${partition}:s3:::${bucket}`,
    machineArn: arn('states', `stateMachine:${machine}`),
    executionArn: (name: string) => arn('states', `execution:${machine}:${name}`),
    /** @param name of its folder in functions/; serving has a function a slot: `serve-model-<slot>`. */
    functionName,
    logGroup: (name: string) => `${LOG_GROUP_PREFIX}${functionName(name)}`,
  };
}

/** Of the two CloudFormation stacks. */
export function stackNames(environment: EnvironmentName) {
  const prefix = `${NAME_PREFIX}${environment}`;
  return { stateful: `${prefix}-stateful`, stateless: `${prefix}-stateless` };
}

/** What Lambda puts before a function's name. */
export const LOG_GROUP_PREFIX = '/aws/lambda/';

function queueNames(environment: EnvironmentName) {
  const prefix = `${NAME_PREFIX}${environment}`;
  return {
    commits: `${prefix}-commits`,
    commitsDeadLetters: `${prefix}-commits-dead-letters`,
    moves: `${prefix}-moves`,
    movesDeadLetters: `${prefix}-moves-dead-letters`,
    endings: `${prefix}-endings`,
    endingsDeadLetters: `${prefix}-endings-dead-letters`,
  };
}

/** Whether a queue is a dead-letter queue of any environment. */
export function isDeadLetterQueue(queue: string): boolean {
  return ENVIRONMENTS.map(queueNames).some(
    ({ commitsDeadLetters, movesDeadLetters, endingsDeadLetters }) =>
      [commitsDeadLetters, movesDeadLetters, endingsDeadLetters].includes(queue),
  );
}
