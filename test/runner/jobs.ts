/** Runs programs, a few at a time, and counts what passed. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import * as z from 'zod';

export const PROJECT = resolve(import.meta.dirname, '../..');

export interface Job {
  readonly name: string;
  /** For this Node. */
  readonly args: readonly string[];
  /** Where the job writes its counts; a job without is one check. */
  readonly counts?: { readonly file: string; readonly of: 'vitest' | 'simulations' };
  readonly env?: Readonly<Record<string, string>>;
}

export interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

/** The first of the list first; never more than `atOnce` at a time. */
export async function runAll(jobs: readonly Job[], atOnce: number): Promise<Result[]> {
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

/** `pipe`: what it prints is shown when it fails; `inherit`: as it comes. */
export async function run(job: Job, output: 'pipe' | 'inherit'): Promise<Result> {
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
  const { passed, failed, slowest } = await countsOf(job, code);
  const verdict = failed === 0 ? 'ok' : 'FAILED';
  const longest = slowest === undefined ? '' : `; ${slowest}`;
  process.stdout.write(`${verdict.padEnd(6)} ${job.name} (${seconds.toFixed(1)} s${longest})\n`);
  if (failed > 0) process.stdout.write(Buffer.concat(written));
  return { name: job.name, passed, failed };
}

const TestFile = z.looseObject({ name: z.string(), startTime: z.number(), endTime: z.number() });
const VitestCounts = z.looseObject({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(TestFile),
});
const Outcomes = z.array(z.looseObject({ passed: z.boolean() }));

interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** The test file that took longest. */
  readonly slowest?: string;
}

async function countsOf({ counts }: Job, code: number): Promise<Counts> {
  const asOne = code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  if (counts === undefined) return asOne;
  const text = await readFile(counts.file, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1 };
  const found = counts.of === 'vitest' ? vitestCounts(text) : outcomeCounts(text);
  // A file that doesn't load has no failed test in it, only an exit code.
  return code === 0 ? found : { ...found, failed: Math.max(1, found.failed) };
}

function vitestCounts(text: string): Counts {
  const counts = VitestCounts.parse(JSON.parse(text));
  const [longest] = counts.testResults
    .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds);
  return {
    passed: counts.numPassedTests,
    failed: counts.numFailedTests,
    ...(longest !== undefined && {
      slowest: `longest: ${relative(PROJECT, longest.name)}, ${longest.seconds.toFixed(1)} s`,
    }),
  };
}

function outcomeCounts(text: string): Counts {
  const outcomes = Outcomes.parse(JSON.parse(text));
  const passed = outcomes.filter((one) => one.passed).length;
  return { passed, failed: outcomes.length - passed };
}

/** Leaves the terminal to the program, Ctrl-C included. @returns its exit code */
export async function runUntilEnded(job: Job): Promise<number> {
  const child = spawn(process.execPath, [...job.args], {
    cwd: PROJECT,
    env: { ...process.env, ...job.env },
    stdio: 'inherit',
  });
  // A terminal sends Ctrl-C to the child too, which ends by it, and this process after it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return await new Promise<number>((ended) => {
    child.on('error', () => ended(70));
    child.on('close', (status) => ended(status ?? 130));
  });
}
