/** The plain `cdk` command, spoken to so that it knows the local stack and no other account. */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { LocalStackError } from './errors.ts';
import { ACCOUNT, stackVariables, REGION, type Stack } from './stack.ts';

const PROJECT = resolve(import.meta.dirname, '..');
const LAST_LINES = 30;
/** Told to cdk's Node: its channel to this process closes even when this one is killed with -9. */
const END_WITH_PARENT =
  'data:text/javascript,process.on("disconnect",()=>process.exit(1));process.channel.unref()';

/** Where a stack is and where its files go. */
export type StackAddress = Pick<Stack, 'awsEndpointUrl' | 'mlflowTrackingUri' | 'dir'>;

export interface CdkOptions {
  /** CDK context: `--context name=value` each. */
  readonly context: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

/** @throws {LocalStackError} with the last lines of what cdk said */
export async function cdk(
  stack: StackAddress,
  args: readonly string[],
  options: CdkOptions,
): Promise<void> {
  await mkdir(stack.dir, { recursive: true });
  const node = process.env['TITLEHOLDER_NODE'] ?? process.execPath;
  const child = spawn(
    node,
    [
      ...['--import', END_WITH_PARENT],
      join(PROJECT, 'node_modules/aws-cdk/bin/cdk'),
      ...args,
      ...['--ci', '--no-notices', '--no-version-reporting', '--no-color'],
      ...Object.entries(options.context).flatMap(([name, value]) => [
        '--context',
        `${name}=${value}`,
      ]),
    ],
    {
      cwd: PROJECT,
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: stack.dir, // the CDK keeps caches and asks for notices there
        TITLEHOLDER_NODE: node,
        CDK_DEFAULT_ACCOUNT: ACCOUNT,
        CDK_DEFAULT_REGION: REGION,
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        ...stackVariables(stack),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() === '') return;
      lines = [...lines.slice(1 - LAST_LINES), line];
      options.log?.(line);
    });
  }
  const code = await new Promise<number | null>((ended, failed) => {
    child.on('error', failed);
    child.on('close', ended);
  });
  if (code !== 0) throw new LocalStackError(`cdk ${args[0] ?? ''} failed\n${lines.join('\n')}`);
}
