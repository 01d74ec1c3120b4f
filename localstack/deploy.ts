/** Deploys the CDK app of this project to a local stack. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { cdk, type CdkOptions, type StackAddress } from './cdk.ts';
import { readAssembly, writeDeployed } from './deployed.ts';
import { LocalStackError } from './errors.ts';
import { ACCOUNT, makeBucket, REGION } from './stack.ts';

const QUALIFIER = 'hnb659fds'; // the CDK's default
/** Newer than any that aws-cdk 2.1148.1 asks for. */
const BOOTSTRAP_VERSION = '30';

const Outputs = z.record(z.string(), z.record(z.string(), z.string()));

/**
 * Deploys all stacks and returns their outputs, of all stacks together, by output name.
 *
 * @throws {LocalStackError} with the last lines of what cdk said
 */
export async function deployLocally(
  stack: StackAddress,
  options: CdkOptions,
): Promise<Record<string, string>> {
  const outputsFile = join(stack.dir, 'outputs.json');
  const assembly = join(stack.dir, 'cdk.out');
  await markBootstrapped(stack.awsEndpointUrl);
  await cdk(
    stack,
    [
      'deploy',
      '--all',
      ...['--require-approval', 'never', '--outputs-file', outputsFile],
      ...['--output', assembly, '--concurrency', '4'],
      // One call less for each stack: nobody reviews a change set here before it is executed.
      ...['--method', 'direct'],
    ],
    options,
  );
  await writeDeployed(stack.dir, { ...(await readAssembly(assembly)), context: options.context });
  const written = await readFile(outputsFile, 'utf8').catch(() => '{}');
  return Object.fromEntries(
    Object.values(Outputs.parse(JSON.parse(written))).flatMap((outputs) => Object.entries(outputs)),
  );
}

/**
 * What of `cdk bootstrap` a deployment to LocalStack needs: the bucket for assets, and the parameter
 * from which the CDK reads that it was bootstrapped. The roles needn't exist, because IAM isn't
 * enforced there. Milliseconds instead of 11 to 16 s, and the app keeps the synthesizer it has on AWS.
 */
async function markBootstrapped(awsEndpointUrl: string): Promise<void> {
  await makeBucket(awsEndpointUrl, `cdk-${QUALIFIER}-assets-${ACCOUNT}-${REGION}`);
  const response = await fetch(awsEndpointUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonSSM.PutParameter',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/ssm/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({
      Name: `/cdk-bootstrap/${QUALIFIER}/version`,
      Value: BOOTSTRAP_VERSION,
      Type: 'String',
      Overwrite: true,
    }),
  });
  if (!response.ok) {
    throw new LocalStackError(
      `could not mark the local stack as bootstrapped: ${String(response.status)} ${await response.text()}`,
    );
  }
}
