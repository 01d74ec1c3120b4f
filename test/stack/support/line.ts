/** Runs on the real line: sent by the command, followed by the API. */
import { expect } from 'vitest';
import { dynamoLockStore } from '#adapters/dynamodb/lock-store.ts';
import type { StatusAnswer } from '#contracts/answers.ts';
import { ApiRefusal } from '#client/client.ts';
import { isOpen } from '#domain/run.ts';
import { forest, type Repository } from './repository.ts';
import { NAMES, type StackUnderTest, type Who } from './stack.ts';

type RunStatus = StatusAnswer['run']['status'];

const POLL_MS = 300;
/** Until a test gives up; never a claim on how fast. */
const LIMIT_SECONDS = 600;

/** Commits what is in the repository and sends this folder; the run's id. */
export async function send(
  stack: StackUnderTest,
  repository: Repository,
  model: string,
  who: Who = 'ana',
): Promise<string> {
  await repository.commit();
  const { code, stdout, stderr } = await stack.verb(
    who,
    'commit',
    repository.folder(model),
    '--json',
  );
  if (code !== 0) throw new Error(`commit ended with ${code}: ${stderr}`);
  return JSON.parse(stdout).runId as string;
}

/** Waits until the run has one of these statuses; one that closed otherwise is told with its reason. */
export async function until(
  stack: StackUnderTest,
  runId: string,
  ...statuses: readonly RunStatus[]
): Promise<StatusAnswer> {
  const began = performance.now();
  let last = 'not there yet';
  while (performance.now() - began < LIMIT_SECONDS * 1000) {
    const status = await statusOf(stack, runId);
    if (status !== undefined) {
      const { run, pending } = status;
      // A status comes before its question is stored: whoever acts on it needs both.
      const asked = !ASKS.includes(run.status) || pending !== null;
      if (statuses.includes(run.status) && asked) return status;
      last = `${run.status}: ${run.error ?? ''} ${run.reason ?? ''}`;
      if (!isOpen(run.status) && !statuses.includes(run.status)) break;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${runId} was to be ${statuses.join(' or ')} and is ${last}`);
}
const ASKS: readonly RunStatus[] = ['awaiting_approval', 'held', 'ci_complete'];

async function statusOf(stack: StackUnderTest, runId: string): Promise<StatusAnswer | undefined> {
  try {
    return await stack.api('vera').status(runId);
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return undefined;
    throw error;
  }
}

/** A first version: sent, approved by ben, promoted. */
export async function crown(
  stack: StackUnderTest,
  repository: Repository,
  model: string,
): Promise<string> {
  const runId = await send(stack, repository, model);
  const { pending } = await until(stack, runId, 'awaiting_approval');
  await stack
    .api('ben')
    .decide(runId, 'approve', { reason: 'as good as expected', digest: pending?.digest });
  await until(stack, runId, 'completed');
  return runId;
}

/** Who holds the model's lock and how many wait for it. */
export async function lockOf(
  stack: StackUnderTest,
  model: string,
): Promise<{ readonly holder: string | null; readonly waiters: number }> {
  const lock = await dynamoLockStore(stack.aws.dynamodb(), NAMES.runsTable).get(model);
  return { holder: lock?.holder ?? null, waiters: lock?.waiters.length ?? 0 };
}

/** Waits for what follows an event: true in the end, or the test says what it waited for. */
export async function eventually(
  what: string,
  check: () => Promise<boolean>,
  seconds = LIMIT_SECONDS,
): Promise<void> {
  const began = performance.now();
  while (!(await check())) {
    if (performance.now() - began > seconds * 1000) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A changed candidate is a new commit of the same charter. */
export async function sendNext(
  stack: StackUnderTest,
  repository: Repository,
  model: string,
  trees: number,
): Promise<string> {
  await repository.edit(model, {
    model: (document) => (document.candidates = [forest(trees, 8)]),
  });
  return send(stack, repository, model);
}

/** The next commit comes to its question, which nobody can who doesn't have the lock. */
export async function expectNextRuns(
  stack: StackUnderTest,
  repository: Repository,
  model: string,
): Promise<void> {
  await eventually('a free lock', async () => {
    const lock = await lockOf(stack, model);
    return lock.holder === null && lock.waiters === 0;
  });
  const next = await sendNext(stack, repository, model, 11);
  await until(stack, next, 'awaiting_approval');
  expect(await lockOf(stack, model)).toEqual({ holder: next, waiters: 0 });
  const { code } = await stack.verb('ben', 'reject', next, '--reason', 'only a test of the lock');
  expect(code).toBe(0);
  await until(stack, next, 'rejected');
  await eventually('a free lock', async () => (await lockOf(stack, model)).holder === null);
}
