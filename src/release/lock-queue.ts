/**
 * Moves the lock's item with its queue so that a crash between any two writes leaves no run waiting forever.
 *
 * The run that the lock passes to stays in the list of waiters, with its token, until the token was
 * answered. A holder that is still listed has not been woken, and the next call that reads the lock wakes it.
 */
import { compareAndSwap } from '#domain/compare-and-swap.ts';
import { isNamed, TitleholderError } from '#domain/errors.ts';
import { acquire, freeLock, type Lock, release, type Waiter } from '#domain/lock.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { Executions } from '#domain/ports/executions.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { LockStore } from '#domain/ports/lock-store.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import { executionName } from '#domain/run-id.ts';
import { isOpen } from '#domain/run.ts';
import type { Log } from '#domain/ports/log.ts';
import { runReferenceOf } from './run-reference.ts';
import { updateRun } from './update-run.ts';

export interface LockDeps {
  readonly commits: CommitStore;
  readonly runs: RunStore;
  readonly locks: LockStore;
  readonly artifacts: ArtifactStore;
  readonly registry: ChampionRegistry;
  readonly executions: Executions;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Moves the lock by compare-and-swap; `next` sees the stored lock (a free one where there is none) and
 * returns undefined to leave it. Returns the lock as it is afterwards. Throws `Conflict` after ten
 * lost races.
 */
async function moveLock(
  locks: LockStore,
  model: string,
  next: (lock: Lock) => Promise<Lock | undefined> | Lock | undefined,
): Promise<Lock> {
  return compareAndSwap(async () => {
    const lock = (await locks.get(model)) ?? freeLock(model);
    const moved = await next(lock);
    if (moved === undefined) return { result: lock };
    const stored = { ...moved, revision: lock.revision + 1 };
    return { result: stored, write: () => locks.put(stored) };
  });
}

/**
 * Takes the lock or joins its queue; whether it was taken, and who has it. Throws `BadInput` for a run
 * that was closed meanwhile.
 */
export async function joinQueue(
  deps: LockDeps,
  model: string,
  waiter: Waiter,
): Promise<{ readonly taken: boolean; readonly holder: string }> {
  const lock = await moveLock(deps.locks, model, async (stored) => {
    const asked = acquire(stored, waiter);
    // Set before the token is in the queue: from then on another call may wake the run and set 'running'.
    if (!asked.taken) await setStatus(deps, waiter.runId, 'waiting');
    return asked.lock;
  });
  if (lock.holder === null) throw new TitleholderError('Conflict', `the lock of ${model} is free`);
  const taken = lock.holder === waiter.runId;
  if (taken && !(await setStatus(deps, waiter.runId, 'running'))) {
    // Its closer ran before it held the lock, and so released nothing.
    await leaveQueue(deps, model, waiter.runId);
    throw new TitleholderError('BadInput', `run ${waiter.runId} was closed before it was opened`);
  }
  return { taken, holder: lock.holder };
}

/** Leaves the lock or its queue, and wakes the run that the lock passes to. Safe to repeat. */
export async function leaveQueue(deps: LockDeps, model: string, runId: string): Promise<void> {
  await moveLock(deps.locks, model, (stored) => released(stored, runId));
  await wakeHolder(deps, model);
}

/**
 * Wakes a holder whose token wasn't answered yet; one who can't be woken any more leaves, and the next
 * one is woken.
 */
export async function wakeHolder(deps: LockDeps, model: string): Promise<void> {
  for (;;) {
    const lock = await deps.locks.get(model);
    const sleeper = lock?.waiters.find((w) => w.runId === lock.holder);
    if (sleeper === undefined) return;
    if (await wake(deps, sleeper)) {
      await moveLock(deps.locks, model, (stored) =>
        stored.holder === sleeper.runId
          ? { ...stored, waiters: stored.waiters.filter((w) => w.token !== sleeper.token) }
          : undefined,
      );
      return;
    }
    deps.log(`${sleeper.runId} waited for the lock and is gone`, { model, runId: sleeper.runId });
    await moveLock(deps.locks, model, (stored) =>
      stored.waiters.some((w) => w.token === sleeper.token)
        ? released(stored, sleeper.runId)
        : undefined,
    );
  }
}

function released(stored: Lock, runId: string): Lock | undefined {
  const { lock, next, changed } = release(stored, runId);
  if (!changed) return undefined;
  return next === undefined ? lock : { ...lock, waiters: [next, ...lock.waiters] };
}

/** Whether the run goes on: its token was answered now, or was before and its execution runs. */
async function wake(deps: LockDeps, waiter: Waiter): Promise<boolean> {
  const { runId, attempt, token } = waiter;
  const run = await deps.runs.get(runId);
  const commit = await deps.commits.get(runId);
  if (run === undefined || commit === undefined) return false;
  if (run.attempt !== attempt || !isOpen(run.status)) return false;
  try {
    const reference = await runReferenceOf(deps, commit, attempt);
    if (!(await setStatus(deps, runId, 'running'))) return false;
    if (await deps.executions.succeed(token, reference)) return true;
  } catch (error) {
    // A folder that can't be read must not keep those behind it waiting.
    if (!isNamed(error, 'BadInput', 'ArtifactMissing', 'ArtifactCorrupt')) throw error;
    await deps.executions.fail(token, error.name, error.message);
    return false;
  }
  // A crash after the answer and before the list was cleared leaves a spent token of a run that runs.
  return (await deps.executions.status(executionName(runId, attempt))) === 'RUNNING';
}

/** Says so of an open run, and whether it is one: who was closed meanwhile stays closed. */
async function setStatus(
  deps: LockDeps,
  runId: string,
  status: 'running' | 'waiting',
): Promise<boolean> {
  const after = await updateRun(deps, runId, (run) =>
    run.status === status || !isOpen(run.status) ? undefined : { status },
  );
  return isOpen(after.status);
}
