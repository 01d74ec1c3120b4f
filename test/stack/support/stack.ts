/** The stack under test, and everybody who speaks to it: by HTTP, by the command line, by the SDK. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { awsClients, type Clients } from '#adapters/aws/clients.ts';
import { localIssuer, type LocalIssuer } from '#adapters/oidc/local-issuer.ts';
import { apiClient, type ApiClient } from '#client/client.ts';
import { Endpoints, pointAt } from '../../../cli/local-stack.ts';
import { LOCAL_ACCOUNT, physicalNames } from '#contracts/physical-names.ts';
import { stackVariables } from '../../../localstack/stack.ts';

/** Set by test/run.ts: the endpoints of a stack that is up and deployed. */
const FILE = process.env['TITLEHOLDER_TEST_STACK'];
export const hasStack = FILE !== undefined && existsSync(FILE);
export const PROJECT = resolve(import.meta.dirname, '..', '..', '..');
export const NAMES = physicalNames('local', LOCAL_ACCOUNT);
const COMMAND_LIMIT_MS = 600_000;

const ROLES = {
  ana: ['committer', 'viewer'],
  otto: ['committer', 'viewer'],
  ben: ['approver'],
  cora: ['approver'],
  olga: ['operator'],
  adam: ['admin'],
  vera: ['viewer', 'caller'],
} as const;
export type Who = keyof typeof ROLES;

/** How a verb ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StackUnderTest {
  readonly endpoints: Endpoints;
  readonly folder: string;
  readonly issuer: LocalIssuer;
  readonly aws: Clients;
  readonly token: (who: Who) => string;
  readonly api: (who: Who) => ApiClient;
  /** A verb of the command line as a child process. */
  readonly verb: (who: Who, ...args: readonly string[]) => Promise<Ended>;
}

/** Connects to the stack; every file of this room does so once. */
export async function connect(): Promise<StackUnderTest> {
  const file = FILE ?? '';
  const endpoints = Endpoints.parse(JSON.parse(readFileSync(file, 'utf8')));
  pointAt(endpoints);
  const issuer = await localIssuer(dirname(file));
  const tokens = new Map<string, string>();
  for (const [who, roles] of Object.entries(ROLES)) {
    tokens.set(who, await issuer.sign({ sub: who, roles }));
  }
  const token = (who: Who): string => tokens.get(who) ?? '';
  return {
    endpoints,
    folder: dirname(file),
    issuer,
    aws: awsClients({ functionName: 'test' }),
    token,
    api: (who) => apiClient({ url: endpoints.apiUrl, token: token(who) }),
    verb: (who, ...args) =>
      command(args, {
        ...stackVariables(endpoints),
        TITLEHOLDER_API: endpoints.apiUrl,
        TITLEHOLDER_TOKEN: token(who),
      }),
  };
}

/** `titleholder …` as a child process, with nothing of this one's settings. */
export async function command(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [join(PROJECT, 'cli/main.ts'), ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_LIMIT_MS,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((ended, failed) => {
    child.on('error', failed);
    child.on('close', ended);
  });
  return { code, stdout, stderr };
}

/** A model's name that no earlier test of this stack used. */
export function freshName(prefix: string): string {
  return `${prefix}-${randomBytes(3).toString('hex')}`;
}
