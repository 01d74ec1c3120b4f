/** `titleholder up` as people end it: Ctrl-C, kill -9, `titleholder down`. Stacks of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { apiClient } from '#client/client.ts';
import { endpointsFile, PROJECT, Endpoints } from '../../cli/local-stack.ts';
import { readJson } from '../../cli/private-files.ts';
import { listenOnce } from '../../localstack/ports.ts';

const NAME = `test${process.pid}`;
const FOLDER = join(PROJECT, '.local', `stack-${NAME}`);
const MAIN = join(PROJECT, 'cli', 'main.ts');
/** Never a limit on how fast: only on how long a test waits before it gives up. */
const END_LIMIT_MS = 300_000;

const started: ChildProcess[] = [];
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], TITLEHOLDER_STACK: NAME };

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  for (const path of [FOLDER, `${FOLDER}.pid`]) rmSync(path, { recursive: true, force: true });
});

/** `up`, its lines, and the moment at which it says something. */
function up() {
  const child = spawn(process.execPath, [MAIN, 'up'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const look of waiting) look();
    });
  }
  const ended = once(child, 'exit');
  const said = (words: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (lines.some((line) => line.includes(words))) resolve();
      };
      waiting.push(look);
      look();
      void ended.then(() => reject(new Error(`up ended:\n${lines.join('\n')}`)));
    });
  return { child, pid: child.pid ?? 0, lines, said, ended };
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Tells a process from a later one with its number; its command may change, as cdk's does. */
  readonly since: string;
  readonly command: string;
}

/** Zombies aside: they have ended, and init hasn't looked yet. */
function processes(): Process[] {
  const columns = 'pid=,ppid=,stat=,lstart=,args=';
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', columns], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, since = '', command = ''] =
      /^\s*(\d+)\s+(\d+)\s+[^Z]\S*\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), since, command }];
  });
}

/** A process and everything below it, whatever session it is in. */
function treeOf(root: number): Process[] {
  const all = processes();
  const found = all.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

/** What is left of a tree, and whatever else works in this stack's folder. */
function left(tree: readonly Process[]): string[] {
  return processes()
    .filter(
      ({ pid, since, command }) =>
        command.includes(FOLDER) || tree.some((one) => one.pid === pid && one.since === since),
    )
    .map(({ pid, command }) => `${pid} ${command}`);
}

async function expectNothing(tree: readonly Process[], urls: readonly string[]): Promise<void> {
  await expect.poll(() => left(tree), { timeout: END_LIMIT_MS, interval: 200 }).toEqual([]);
  for (const url of urls) {
    const port = Number(new URL(url).port);
    expect(await listenOnce(port), `port ${port} is free`).toBe(port);
  }
}

/** Up and deployed, with a function's process in memory. */
async function deployed() {
  const stack = up();
  await stack.said('Titleholder is up');
  const endpoints = Endpoints.parse(await readJson(endpointsFile(FOLDER)));
  await apiClient({ url: endpoints.apiUrl, token: null })
    .health('nobody')
    .catch(
      // No champion: what counts is that a function answered.
      () => undefined,
    );
  const tree = treeOf(stack.pid);
  for (const part of ['localstack.runtime.main', 'mlflow server', 'bootstrap.mjs']) {
    expect(tree.map(({ command }) => command).join('\n')).toContain(part);
  }
  const { apiUrl, awsEndpointUrl, mlflowTrackingUri } = endpoints;
  return { ...stack, tree, urls: [apiUrl, awsEndpointUrl, mlflowTrackingUri] };
}

describe('a stack that is up leaves no process and no port', () => {
  it('after Ctrl-C', async () => {
    const { child, ended, tree, urls } = await deployed();
    const second = spawnSync(process.execPath, [MAIN, 'up'], { env, encoding: 'utf8' });
    expect(second.status).toBe(2);
    expect(second.stderr).toContain('npm stop stops it');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    // In order: when it says that it is over, it is over.
    expect(left(tree)).toEqual([]);
    await expectNothing(tree, urls);
    expect(existsSync(endpointsFile(FOLDER))).toBe(false);
  });

  it('after kill -9', async () => {
    const { child, ended, tree, urls } = await deployed();
    child.kill('SIGKILL');
    await ended;
    await expectNothing(tree, urls);
  });
});

describe('a stack on its way leaves no process', () => {
  it.each([
    ['down', () => spawn(process.execPath, [MAIN, 'down'], { env, stdio: 'ignore' })],
    ['kill -9', (child: ChildProcess) => child.kill('SIGKILL')],
  ])('after %s', async (_how, end) => {
    const { child, pid, ended, said } = up();
    await said('deploying with cdk');
    const deploys = () => treeOf(pid).some(({ command }) => /\bcdk\b/.test(command));
    await expect.poll(deploys, { timeout: END_LIMIT_MS }).toBe(true);
    const tree = treeOf(pid);
    end(child);
    await ended;
    await expectNothing(tree, []);
  });
});
