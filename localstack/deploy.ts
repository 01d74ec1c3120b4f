/** Deploys the CDK app of this project to a local stack with the plain `cdk` command. */
import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { environmentOf, LocalStackError, makeBucket, REGION, type Stack } from './stack.ts';

export interface DeployOptions {
  /** CDK context: `-c name=value` each. */
  readonly context?: Readonly<Record<string, string>>;
  /** The command that synthesizes; what cdk.json says when left out. */
  readonly app?: string;
  /** Where cdk.json is; the project when left out. */
  readonly cwd?: string;
  readonly log?: (line: string) => void;
}

const PROJECT = resolve(import.meta.dirname, '..');
const ACCOUNT = '000000000000';
const QUALIFIER = 'hnb659fds'; // the CDK's default
/** Newer than any that aws-cdk 2.1148.1 asks for. */
const BOOTSTRAP_VERSION = '30';
const LAST_LINES = 30;
/** Told to cdk's Node: its channel to this process closes even when this one is killed with -9. */
const END_WITH_PARENT =
  'data:text/javascript,process.on("disconnect",()=>process.exit(1));process.channel.unref()';

const Outputs = z.record(z.string(), z.record(z.string(), z.string()));

/**
 * Deploys all stacks and returns their outputs, of all stacks together, by output name.
 *
 * @throws {LocalStackError} with the last lines of what cdk said
 */
export async function deployLocally(
  stack: Pick<Stack, 'awsEndpointUrl' | 'mlflowTrackingUri' | 'dir'>,
  options: DeployOptions = {},
): Promise<Record<string, string>> {
  const node = process.env['TITLEHOLDER_NODE'] ?? process.execPath;
  const outputsFile = join(stack.dir, 'outputs.json');
  await mkdir(stack.dir, { recursive: true });
  await bootstrap(stack.awsEndpointUrl);
  const context = Object.entries(options.context ?? {});
  await run(
    node,
    [
      ...['--import', END_WITH_PARENT],
      join(PROJECT, 'node_modules/aws-cdk/bin/cdk'),
      'deploy',
      '--all',
      ...['--require-approval', 'never', '--outputs-file', outputsFile],
      ...['--output', join(stack.dir, 'cdk.out'), '--concurrency', '4'],
      // One call less a stack; and nothing is looked at between a change set and its execution.
      ...['--method', 'direct', '--ci', '--no-notices', '--no-version-reporting', '--no-color'],
      ...(options.app === undefined ? [] : ['--app', options.app]),
      ...context.flatMap(([name, value]) => ['--context', `${name}=${value}`]),
    ],
    {
      cwd: options.cwd ?? PROJECT,
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: stack.dir, // the CDK keeps caches and asks for notices there
        TITLEHOLDER_NODE: node,
        CDK_DEFAULT_ACCOUNT: ACCOUNT,
        CDK_DEFAULT_REGION: REGION,
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        ...environmentOf(stack),
      },
    },
    options.log ?? (() => undefined),
  );
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
export async function bootstrap(awsEndpointUrl: string): Promise<void> {
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

async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  log: (line: string) => void,
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let lines: string[] = [];
  const keep = (chunk: Buffer): void => {
    for (const line of chunk.toString('utf8').split('\n')) {
      if (line.trim() === '') continue;
      lines = [...lines.slice(-LAST_LINES), line];
      log(line);
    }
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const code = await new Promise<number | null>((ended, failed) => {
    child.on('error', failed);
    child.on('close', ended);
  });
  if (code !== 0) throw new LocalStackError(`cdk deploy failed\n${lines.join('\n')}`);
}
