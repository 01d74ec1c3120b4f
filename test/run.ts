/**
 * Runs a tier of tests: `check` (quick), `test` (check, the synthesized stacks, then everything on a
 * local stack), `prove` (test with full counts). Closes with `N passed, N failed`; each tool of the
 * check counts as one.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { endpointsFile } from '../cli/local-stack.ts';
import { environmentOf } from '../localstack/stack.ts';
import { bringUp } from '../cli/stack/bring-up.ts';

const PROJECT = resolve(import.meta.dirname, '..');
const RESULTS = join(PROJECT, '.local', 'test');
const MODULES = join(PROJECT, 'node_modules');
/** Two cores are the smallest machine. */
const AT_ONCE = 2;

interface Job {
  readonly name: string;
  readonly args: readonly string[];
  /** Vitest writes its counts here; other tools are one check each. */
  readonly counts?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

const tools: readonly Job[] = [
  tool('eslint', 'eslint/bin/eslint.js', '.', '--cache', '--cache-location', '.local/eslint.json'),
  tool('types', 'typescript/bin/tsc', '-p', '.', '--noEmit'),
  tool('format', '@biomejs/biome/bin/biome', 'check', '.'),
  tool(
    'rooms',
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    '--config',
    '.dependency-cruiser.cjs',
    ...rooms(
      'bench',
      'cli',
      'demo',
      'functions',
      'infra',
      'localstack',
      'src',
      'state-machines',
      'test',
    ),
  ),
  tool('dead code', 'knip/bin/knip.js'),
];

const QUICK = rooms('test/unit', 'test/cases', 'test/ports', 'test/state-machines');
const ON_THE_STACK = rooms(
  'test/python',
  'test/ports',
  'test/localstack',
  'test/stack',
  'test/story',
);

/** @returns the exit code. */
async function main(tier: string | undefined): Promise<number> {
  if (tier !== 'check' && tier !== 'test' && tier !== 'prove') {
    process.stderr.write('usage: test/run.ts check|test|prove\n');
    return 2;
  }
  const full: Record<string, string> = tier === 'prove' ? { TITLEHOLDER_PROVE: '1' } : {};
  await rm(RESULTS, { recursive: true, force: true });
  await mkdir(RESULTS, { recursive: true });
  const began = performance.now();
  const synthesized = tier === 'check' ? [] : [vitest('infra', rooms('test/infra'), full)];
  // The longest first, so that the others fit beside it.
  const results = await runAll([vitest('quick', QUICK, full), ...tools, ...synthesized], AT_ONCE);
  if (tier !== 'check') results.push(...(await onTheStack(full)));
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  for (const result of results.filter((one) => one.failed > 0)) {
    process.stdout.write(`failed: ${result.name} (${result.failed})\n`);
  }
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(`${tier}: ${seconds.toFixed(0)} s\n`);
  // Alone on its line: machines read it.
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

/** What changes something that every run meets: a function's code, its settings, the machine. */
const ALONE = '**/*.alone.test.ts';
/** What judges all that the others left behind. */
const LAST = '**/*.last.test.ts';

/**
 * Starts one stack, deploys once, and runs what needs it: two files at a time, each with models of its
 * own, then one after the other those that change what all meet.
 */
async function onTheStack(env: Readonly<Record<string, string>>): Promise<Result[]> {
  const folder = join(RESULTS, 'stack');
  const log = (line: string) => void process.stdout.write(`stack: ${line}\n`);
  let stack: Awaited<ReturnType<typeof bringUp>>;
  try {
    stack = await bringUp({ folder, log, context: { recordCalls: '1' } });
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
    return [{ name: 'the local stack', passed: 0, failed: 1, seconds: 0 }];
  }
  stopOnSignal(() => stack.stop());
  try {
    const there = {
      ...env,
      ...environmentOf(stack.endpoints),
      TITLEHOLDER_TEST_STACK: endpointsFile(folder),
    };
    const beside = vitest('stack', ON_THE_STACK, there, '--exclude', ALONE, '--exclude', LAST);
    const alone = vitest('stack, alone', ['.alone', '.last'], there, '--no-file-parallelism');
    return [await run(beside, 'inherit'), await run(alone, 'inherit')];
  } finally {
    await stack.stop();
  }
}

function rooms(...names: string[]): string[] {
  return names.filter((name) => existsSync(join(PROJECT, name))).map((name) => `${name}/`);
}

function tool(name: string, script: string, ...args: string[]): Job {
  return { name, args: [join(MODULES, script), ...args] };
}

function vitest(
  name: string,
  /** Parts of the files' paths. */
  filters: readonly string[],
  env: Readonly<Record<string, string>>,
  ...flags: string[]
): Job {
  const counts = join(RESULTS, `${name.replace(/\W+/g, '-')}.json`);
  return {
    name: `vitest ${name}`,
    counts,
    env,
    args: [
      join(MODULES, 'vitest', 'vitest.mjs'),
      'run',
      ...filters,
      ...['--reporter', 'default', '--reporter', 'json', '--outputFile.json', counts],
      // The SDK and the CDK are loaded once a worker, and not once a file.
      '--no-isolate',
      ...flags,
    ],
  };
}

async function runAll(jobs: readonly Job[], atOnce: number): Promise<Result[]> {
  const waiting = [...jobs];
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      results.push(await run(job, 'pipe'));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

async function run(job: Job, output: 'pipe' | 'inherit'): Promise<Result> {
  const began = performance.now();
  const child = spawn(process.execPath, [...job.args], {
    cwd: PROJECT,
    env: { ...process.env, ...job.env },
    stdio: ['ignore', output, output],
  });
  const written: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => written.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => written.push(chunk));
  const code = await new Promise<number>((ended) => {
    child.on('error', () => ended(70));
    child.on('close', (status) => ended(status ?? 70));
  });
  const seconds = (performance.now() - began) / 1000;
  const { passed, failed } = await countsOf(job, code);
  const verdict = failed === 0 ? 'ok' : 'FAILED';
  process.stdout.write(`${verdict.padEnd(6)} ${job.name} (${seconds.toFixed(1)} s)\n`);
  if (failed > 0) process.stdout.write(Buffer.concat(written));
  return { name: job.name, passed, failed, seconds };
}

const Counts = z.looseObject({ numPassedTests: z.int(), numFailedTests: z.int() });

async function countsOf(
  job: Job,
  code: number,
): Promise<{ readonly passed: number; readonly failed: number }> {
  if (job.counts === undefined)
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const text = await readFile(job.counts, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1 };
  const counts = Counts.parse(JSON.parse(text));
  // A file that doesn't load has no failed test in it, only an exit code.
  const failed = code === 0 ? counts.numFailedTests : Math.max(1, counts.numFailedTests);
  return { passed: counts.numPassedTests, failed };
}

function stopOnSignal(stop: () => Promise<void>): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      void stop().finally(() => process.exit(code));
    });
  }
}

process.exitCode = await main(process.argv[2]);
