/** Puts changed functions into a local stack that is up: its data, waiting approvals too, stays. */
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type LambdaClient,
  UpdateFunctionCodeCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { type SFNClient, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { zipSync } from 'fflate';
import { cdk, type StackAddress } from './cdk.ts';
import { type Deployed, readAssembly, readDeployed, writeDeployed } from './deployed.ts';
import { LocalStackError, LocalStackRefused } from './errors.ts';
import { ACCOUNT, REGION } from './stack.ts';

const UPDATE_LIMIT_SECONDS = 60;
/** A bundle's time stamp is of no use, and a fixed one keeps the zip the same. */
const ZIP_TIME = '2000-01-01T00:00:00Z';
const NAMED = 3;
/** A line of esbuild's error: file, line, column and what is wrong. */
const BUILD_MISTAKE = /^\s*(\S+:\d+:\d+: )ERROR: (.*)$/;

export interface Redeployed {
  /** Names of the functions and state machines that run new code; empty where nothing changed. */
  readonly changed: readonly string[];
  readonly seconds: number;
}

/**
 * Synthesizes the app anew, compares it with what runs, and replaces the code of the functions and the
 * definitions of the machines that differ. What runs at that moment ends on the code it began with.
 *
 * @throws {LocalStackRefused} where a source doesn't build, and where something else changed as well:
 * then nothing was replaced
 */
export async function redeploy(
  stack: StackAddress,
  clients: { readonly lambda: LambdaClient; readonly sfn: SFNClient },
): Promise<Redeployed> {
  const began = performance.now();
  const before = await readDeployed(stack.dir);
  const assembly = join(stack.dir, `cdk.out-${randomBytes(4).toString('hex')}`);
  try {
    await synthesize(stack, assembly, before.context);
    const now = await readAssembly(assembly);
    refuseOthers(before, now);
    const functions = changedIn(before.functions, now.functions);
    for (const [name, hash] of functions) {
      const bundle = await readFile(join(assembly, `asset.${hash}`, 'index.mjs'));
      await replaceCode(clients.lambda, name, bundle);
    }
    const machines = changedIn(before.machines, now.machines);
    for (const [name, definition] of machines) {
      const stateMachineArn = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`;
      await clients.sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
    }
    await writeDeployed(stack.dir, { ...now, context: before.context });
    return {
      changed: [...functions, ...machines].map(([name]) => name),
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await rm(assembly, { recursive: true, force: true });
  }
}

async function synthesize(
  stack: StackAddress,
  assembly: string,
  context: Deployed['context'],
): Promise<void> {
  const mistakes: string[] = [];
  try {
    await cdk(stack, ['synth', '--quiet', '--output', assembly], {
      context,
      log: (line) => {
        const [, where, what] = BUILD_MISTAKE.exec(line) ?? [];
        if (where !== undefined && what !== undefined) mistakes.push(where + what);
      },
    });
  } catch (error) {
    if (mistakes.length === 0 || !(error instanceof LocalStackError)) throw error;
    throw new LocalStackRefused(`the functions don't build: ${mistakes.join('; ')}`);
  }
}

/** A function's code and a machine's definition can be replaced; the rest is CloudFormation's to change. */
function refuseOthers(before: Deployed, now: Omit<Deployed, 'context'>): void {
  const places = new Set([...Object.keys(before.others), ...Object.keys(now.others)]);
  const changed = [...places].filter((place) => before.others[place] !== now.others[place]);
  if (changed.length === 0) return;
  const more = changed.length - NAMED;
  throw new LocalStackRefused(
    `more changed than functions' code and the machine's definition (${changed.slice(0, NAMED).join(', ')}` +
      `${more > 0 ? ` and ${more} more` : ''}): npm stop and npm start deploy it, on fresh data`,
  );
}

/** Entries that are new or other. Of functions and machines none can be new: `others` would be, too. */
function changedIn(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return Object.entries(now).filter(([name, value]) => before[name] !== value);
}

async function replaceCode(lambda: LambdaClient, name: string, bundle: Uint8Array): Promise<void> {
  const ZipFile = zipSync({ 'index.mjs': bundle }, { level: 1, mtime: ZIP_TIME });
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile }));
  await waitUntilFunctionUpdatedV2(
    { client: lambda, maxWaitTime: UPDATE_LIMIT_SECONDS, minDelay: 0.1, maxDelay: 0.5 },
    { FunctionName: name },
  );
}
