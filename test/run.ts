/**
 * Runs tests: a tier (`check`, `test`, `prove`), parts of one, what a few files concern, or what changes.
 * Closes with `N passed, N failed`; each tool counts as one.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Asked, parse, USAGE } from './runner/arguments.ts';
import { PROJECT, type Result, run, runAll, runUntilEnded } from './runner/jobs.ts';
import {
  jobsOf,
  ON_THE_STACK,
  OPENED,
  type Part,
  RESULTS,
  type Tier,
  TIERS,
  toolsFor,
  vitest,
  watching,
} from './runner/parts.ts';
import { reach } from './runner/reach.ts';
import { missed, openedByTests, select, type Selection } from './runner/selection.ts';

/** Two cores are the smallest machine. */
const AT_ONCE = 2;

/** @returns the exit code. */
async function main(typed: readonly string[]): Promise<number> {
  let asked: Asked;
  try {
    asked = parse(typed);
  } catch (error) {
    return refuse(`${messageOf(error)}\n${USAGE}`);
  }
  if (asked.kind === 'watch') return runUntilEnded(watching());
  const began = performance.now();
  await rm(RESULTS, { recursive: true, force: true });
  await mkdir(OPENED, { recursive: true });
  let results: Result[];
  if (asked.kind === 'parts') {
    results = await runParts(asked);
  } else {
    // npm starts scripts in the project's folder and says where somebody typed.
    const from = process.env['INIT_CWD'] ?? process.cwd();
    let selection: Selection;
    try {
      selection = select(asked.paths, from);
    } catch (error) {
      return refuse(`${messageOf(error)}\n`);
    }
    results = await runSelection(selection);
  }
  results.push(...checkReach());
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  for (const result of results.filter((one) => one.failed > 0)) {
    process.stdout.write(`failed: ${result.name} (${result.failed})\n`);
  }
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(
    `${asked.kind === 'paths' ? 'check' : asked.tier}: ${seconds.toFixed(0)} s\n`,
  );
  // Alone on its line: machines read it.
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

function refuse(text: string): number {
  process.stderr.write(text);
  return 2;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function runParts(of: { readonly tier: Tier; readonly parts: readonly Part[] }) {
  const env: Record<string, string> = of.tier === 'prove' ? { TITLEHOLDER_PROVE: '1' } : {};
  const onTheStack = of.parts.filter((part) => ON_THE_STACK.includes(part));
  const others = of.parts.filter((part) => !ON_THE_STACK.includes(part));
  const results = await runAll(
    others.flatMap((part) => jobsOf(part, env)),
    AT_ONCE,
  );
  if (onTheStack.length > 0) results.push(...(await runOnTheStack(onTheStack, env)));
  return results;
}

/** Starts one stack, deploys once, and runs the parts one after the other. */
async function runOnTheStack(
  parts: readonly Part[],
  env: Readonly<Record<string, string>>,
): Promise<Result[]> {
  // Here, because the SDK and the CDK take a second to load.
  const { bringUp } = await import('../cli/stack/bring-up.ts');
  const { endpointsFile } = await import('../cli/local-stack.ts');
  const { stackVariables } = await import('../localstack/stack.ts');
  const folder = join(RESULTS, 'stack');
  const log = (line: string) => void process.stdout.write(`stack: ${line}\n`);
  let stack: Awaited<ReturnType<typeof bringUp>>;
  try {
    stack = await bringUp({ folder, log, context: { recordCalls: '1' } });
  } catch (error) {
    log(messageOf(error));
    return [{ name: 'the local stack', passed: 0, failed: 1 }];
  }
  stopOnSignal(() => stack.stop());
  try {
    const there = {
      ...env,
      ...stackVariables(stack.endpoints),
      TITLEHOLDER_TEST_STACK: endpointsFile(folder),
    };
    const results: Result[] = [];
    for (const job of parts.flatMap((part) => jobsOf(part, there))) {
      results.push(await run(job, 'inherit'));
    }
    return results;
  } finally {
    await stack.stop();
  }
}

/** The tests that these files concern, and the tools for them. */
async function runSelection(of: Selection): Promise<Result[]> {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  if (of.everything.length > 0) {
    say(`${of.everything.join(', ')}: concerns every test, so the whole check runs`);
    return runParts({ tier: 'check', parts: TIERS.check });
  }
  say(`of ${of.paths.length} files: ${of.tests.length} test files are concerned`);
  const sources = of.paths.filter((path) => path.endsWith('.ts'));
  const jobs = [
    ...(of.tests.length === 0 ? [] : [vitest('tests', of.tests, {})]),
    ...toolsFor(of.paths, sources),
  ];
  const results = await runAll(jobs, AT_ONCE);
  if (of.onTheStack.length > 0) {
    say(`not run, for they need a local stack (npm test): ${of.onTheStack.join(', ')}`);
  }
  return results;
}

/** Whether `npm run check -- PATH` would have found each test by what it opened just now. */
function checkReach(): Result[] {
  const openedBy = openedByTests();
  if (openedBy.size === 0) return [];
  const lines = missed(reach(PROJECT).of, openedBy);
  process.stdout.write(`${lines.length === 0 ? 'ok    ' : 'FAILED'} reach of the tests\n`);
  for (const line of lines) process.stdout.write(`${line}\n`);
  const failed = lines.length === 0 ? 0 : 1;
  return [{ name: 'reach of the tests', passed: 1 - failed, failed }];
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

process.exitCode = await main(process.argv.slice(2));
