/** Where the local stack keeps its files, and which one is up. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { stackVariables } from '../localstack/stack.ts';
import { Stop } from './output.ts';
import { readJson } from './private-files.ts';

export const PROJECT = resolve(import.meta.dirname, '..');
/** Another stack beside the usual one, by name: for tests, which mustn't touch a person's. */
const OTHER = stackName(process.env['TITLEHOLDER_STACK']);
/** The usual stack has the usual ports; another one takes any that are free. */
export const IS_USUAL_STACK = OTHER === '';
export const STACK_FOLDER = join(PROJECT, '.local', `stack${OTHER}`);
export const IDENTITY_FOLDER = join(PROJECT, '.local', `identity${OTHER}`);

/** What `up` tells the other terminals. */
export const Endpoints = z.strictObject({
  schemaVersion: z.literal(1),
  awsEndpointUrl: z.url(),
  mlflowTrackingUri: z.url(),
  apiUrl: z.url(),
  stagingApiUrl: z.url(),
  /** The stacks' CloudFormation outputs, by name. */
  outputs: z.record(z.string(), z.string()),
  /** Of the process that keeps the stack up. */
  pid: z.int(),
});
export type Endpoints = z.infer<typeof Endpoints>;

/** A name and never a path: the folder is emptied at each start. */
function stackName(name: string | undefined): string {
  if (name === undefined || name === '') return '';
  if (!/^[a-z0-9]{1,30}$/.test(name)) {
    throw new Stop(2, `TITLEHOLDER_STACK is "${name}": up to 30 of a-z, 0-9`);
  }
  return `-${name}`;
}

export function endpointsFile(folder = STACK_FOLDER): string {
  return join(folder, 'endpoints.json');
}

/** The stack that is up, or undefined: a file left by a process that is gone counts as none. */
export async function runningStack(folder = STACK_FOLDER): Promise<Endpoints | undefined> {
  const file = endpointsFile(folder);
  if (!existsSync(file)) return undefined;
  const parsed = Endpoints.safeParse(await readJson(file));
  if (!parsed.success || !isAlive(parsed.data.pid)) return undefined;
  return parsed.data;
}

/** As `runningStack`, where the verb can't do without one. */
export async function needStack(folder = STACK_FOLDER): Promise<Endpoints> {
  const endpoints = await runningStack(folder);
  if (endpoints === undefined) {
    throw new Stop(3, 'no local stack is up: start one in another terminal with npm start');
  }
  return endpoints;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but isn't ours to signal.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Makes this process's SDK clients talk to the local stack. */
export function pointAt(endpoints: Pick<Endpoints, 'awsEndpointUrl' | 'mlflowTrackingUri'>): void {
  // A person's own AWS account must never be meant.
  Object.assign(process.env, stackVariables(endpoints));
  delete process.env['AWS_PROFILE'];
  delete process.env['AWS_SESSION_TOKEN'];
}
