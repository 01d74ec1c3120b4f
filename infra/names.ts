/**
 * Physical names, fixed by stage.
 *
 * The stacks refer to one another by these and not by CloudFormation exports: an export in use blocks
 * every change of what exports it, and the machine's ARN must be known to functions that the machine
 * itself refers to.
 */
import type { Stack } from 'aws-cdk-lib';
import type { StageName } from './stages.ts';

export interface Names {
  readonly runsTable: string;
  readonly championTable: string;
  readonly bucket: string;
  readonly bus: string;
  readonly machine: string;
  readonly runsTableArn: string;
  readonly championTableArn: string;
  readonly bucketArn: string;
  readonly machineArn: string;
  /** Of every execution of the machine. */
  readonly executionsArn: string;
  readonly functionName: (of: string) => string;
}

export function namesOf(stack: Stack, stage: StageName): Names {
  const prefix = `titleholder-${stage}`;
  const { partition, region, account } = stack;
  const arn = (service: string, rest: string) =>
    `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const bucket = `${prefix}-artifacts-${account}-${region}`;
  return {
    runsTable: `${prefix}-runs`,
    championTable: `${prefix}-champion`,
    bucket,
    bus: prefix,
    machine: `${prefix}-release-model`,
    runsTableArn: arn('dynamodb', `table/${prefix}-runs`),
    championTableArn: arn('dynamodb', `table/${prefix}-champion`),
    bucketArn: `arn:${partition}:s3:::${bucket}`,
    machineArn: arn('states', `stateMachine:${prefix}-release-model`),
    executionsArn: arn('states', `execution:${prefix}-release-model:*`),
    functionName: (of) => `${prefix}-${of}`,
  };
}
