/** Nothing of a stack outlives it: no process, no listening port, also with a function in a CPU loop. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { listenOnce } from '../../localstack/ports.ts';
import { startStack } from '../../localstack/stack.ts';
import { eventually, functions, isAlive } from './support/aws.ts';

const node = process.env['TITLEHOLDER_NODE'] ?? process.execPath;
const Place = z.object({
  awsEndpointUrl: z.string(),
  mlflowTrackingUri: z.string(),
  pids: z.array(z.number()),
});
const dirs: string[] = [];
const owners: ChildProcess[] = [];

afterEach(() => {
  for (const owner of owners.splice(0)) owner.kill('SIGKILL');
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
});

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'titleholder-processes-'));
  dirs.push(dir);
  return dir;
}

async function ownedStack(dir: string, mlflow = false) {
  const args = [
    join(import.meta.dirname, 'support/own-a-stack.ts'),
    dir,
    ...(mlflow ? ['mlflow'] : []),
  ];
  const owner = spawn(node, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  owners.push(owner);
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
  return { owner, ...Place.parse(JSON.parse(line)) };
}

/** Lets a function count forever and returns its process id. */
async function startCpuLoop(awsEndpointUrl: string, dir: string): Promise<number> {
  const fn = functions(awsEndpointUrl);
  const pidFile = join(dir, 'loop.pid');
  await fn.create(
    'loop',
    `import { writeFileSync } from 'node:fs';
     export const handler = async ({ pidFile }) => { writeFileSync(pidFile, String(process.pid)); for (;;); };`,
    { timeout: 60 },
  );
  fn.invoke('loop', { pidFile }).catch(() => undefined); // the server goes before the answer
  const pid = await eventually('the loop', 300_000, () =>
    existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) || undefined : undefined,
  );
  expect(isAlive(pid)).toBe(true);
  return pid;
}

/** Process ids whose parent is this one. */
function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

async function expectGone(
  pids: readonly number[],
  urls: readonly string[],
  limitMs: number,
): Promise<void> {
  await eventually(`the end of ${pids.join(', ')}`, limitMs, () =>
    pids.some(isAlive) ? undefined : true,
  );
  for (const url of urls) expect(await listenOnce(Number(new URL(url).port))).toBeDefined();
}

describe('a stack leaves nothing', () => {
  it('when it is stopped', async () => {
    const dir = newDir();
    const stack = await startStack({ dir, mlflow: false });
    const loop = await startCpuLoop(stack.awsEndpointUrl, dir);
    const pids = [...stack.pids, ...stack.pids.flatMap(childrenOf), loop];
    expect(pids).toHaveLength(3);
    await stack.stop();
    await stack.stop(); // once more is nothing
    await expectGone(pids, [stack.awsEndpointUrl], 300_000);
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`when its owner gets ${signal}`, async () => {
      const dir = newDir();
      const { owner, awsEndpointUrl, mlflowTrackingUri, pids } = await ownedStack(
        dir,
        signal === 'SIGKILL',
      );
      const loop = await startCpuLoop(awsEndpointUrl, dir);
      const all = [
        ...pids,
        ...pids.flatMap(childrenOf),
        ...pids.flatMap(childrenOf).flatMap(childrenOf),
        loop,
      ];
      owner.kill(signal);
      await expectGone(all, [awsEndpointUrl, mlflowTrackingUri], 300_000);
    });
  }

  for (const victim of ['server', 'supervisor'] as const) {
    it(`when its ${victim} is killed`, async () => {
      const dir = newDir();
      const stack = await startStack({ dir, mlflow: false });
      const loop = await startCpuLoop(stack.awsEndpointUrl, dir);
      const [supervisor = 0] = stack.pids;
      const [server = 0] = childrenOf(supervisor);
      process.kill(victim === 'server' ? server : supervisor, 'SIGKILL');
      await expectGone([server, supervisor, loop], [stack.awsEndpointUrl], 300_000);
      await stack.stop();
    });
  }
});

describe('a port that is taken', () => {
  it('is named in one line, with the variable that changes it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startStack({ dir: newDir(), ports: { aws: port, mlflow: 0 } })).rejects.toThrow(
      `port ${String(port)}, which the local AWS needs, is taken: set TITLEHOLDER_AWS_PORT to a free one`,
    );
    other.close();
  });
});
