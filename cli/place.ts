/** Where the command line keeps what it must remember, and what it finds there. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { Stop } from './output.ts';

export const PROJECT = resolve(import.meta.dirname, '..');
/** Another stack beside the usual one, by name: for tests, which mustn't touch a person's. */
const OTHER = stackName(process.env['TITLEHOLDER_STACK']);
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

export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw new Stop(2, `${file} is not JSON: delete it and try again`);
  }
}

/** Writes a file that only its owner may read; its folder too, when that has to be made. */
export async function writePrivate(file: string, value: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  // `mode` counts only when the file is made.
  await chmod(file, 0o600);
}

/** The variables by which the SDKs find the local stack; never a person's own AWS account. */
export function awsEnvironment(
  endpoints: Pick<Endpoints, 'awsEndpointUrl' | 'mlflowTrackingUri'>,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoints.awsEndpointUrl,
    MLFLOW_TRACKING_URI: endpoints.mlflowTrackingUri,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Makes this process's SDK clients talk to the local stack. */
export function pointAt(endpoints: Pick<Endpoints, 'awsEndpointUrl' | 'mlflowTrackingUri'>): void {
  Object.assign(process.env, awsEnvironment(endpoints));
  delete process.env['AWS_PROFILE'];
  delete process.env['AWS_SESSION_TOKEN'];
}
