/** A login is good for the stack whose key signed it, not for the address that every start has. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, expect, it } from 'vitest';
import { localIssuer } from '#adapters/oidc/local-issuer.ts';
import { endpointsFile, PROJECT, type Endpoints } from '../../../cli/local-stack.ts';
import { writePrivate } from '../../../cli/private-files.ts';

const NAME = `login${process.pid}`;
const folderOf = (what: string) => join(PROJECT, '.local', `${what}-${NAME}`);

afterAll(() => {
  for (const what of ['stack', 'identity'])
    rmSync(folderOf(what), { recursive: true, force: true });
});

/** What `up` leaves for the other terminals, with a key of its own; nothing answers at its URLs. */
async function start(): Promise<void> {
  rmSync(folderOf('stack'), { recursive: true, force: true });
  const nowhere = 'http://127.0.0.1:1';
  const endpoints: Endpoints = {
    schemaVersion: 1,
    awsEndpointUrl: nowhere,
    mlflowTrackingUri: nowhere,
    apiUrl: `${nowhere}/api`,
    stagingApiUrl: `${nowhere}/staging/api`,
    outputs: {},
    pid: process.pid,
  };
  await localIssuer(folderOf('stack'));
  await writePrivate(endpointsFile(folderOf('stack')), endpoints);
}

function verb(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT, 'cli/main.ts'), ...args],
    {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        TITLEHOLDER_STACK: NAME,
      },
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

it('is refused by a stack that was started anew at the same address', async () => {
  await start();
  expect(verb('login', '--as', 'ana', '--role', 'viewer').status).toBe(0);
  // It got as far as the API, where nothing answers.
  expect(verb('runs').status).toBe(3);
  await start();
  const refused = {
    status: 2,
    stdout: '',
    stderr:
      "titleholder: ana's login is of an earlier stack: npx titleholder login --as ana --role viewer\n",
  };
  expect(verb('runs')).toEqual(refused);
  expect(verb('token')).toEqual(refused);
});

it('lends its token to other programs, and says whose it is and until when', async () => {
  await start();
  verb('login', '--as', 'app', '--role', 'caller');
  const { status, stdout, stderr } = verb('token', '--as', 'app');
  const { sub, roles, exp = 0 } = decodeJwt(stdout.trim());
  expect({ status, sub, roles }).toEqual({ status: 0, sub: 'app', roles: ['caller'] });
  expect(stderr).toBe(`app (caller), until ${new Date(exp * 1000).toISOString()}\n`);
});
