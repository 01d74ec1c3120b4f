import { OpenRunInput } from '#contracts/steps.ts';
import { waitsForPerson } from '#domain/approval.ts';
import { TitleholderError } from '#domain/errors.ts';
import { executionName } from '#domain/run-id.ts';
import { isOpen, type Commit } from '#domain/run.ts';
import { parse } from '#contracts/parse.ts';
import { rulingPolicy } from '#release/load-folder.ts';
import { joinQueue, leaveQueue, type LockDeps, wakeHolder } from '#release/lock-queue.ts';
import { runReferenceOf } from '#release/run-reference.ts';
import { updateRun } from '#release/update-run.ts';

/**
 * Opens a run: takes the model's lock and answers the task's own token, or leaves the token in the
 * lock's queue until the closer comes to it. Safe to repeat.
 *
 * Throws `BadInput`, `CommitUnknown`, `Conflict`, and what loading the policy throws.
 */
export const openRun =
  (deps: LockDeps) =>
  async (event: unknown): Promise<{ readonly status: 'running' | 'waiting' }> => {
    const { runId, model, attempt, token } = parse(OpenRunInput, event, 'the step’s input');
    const commit = await deps.commits.get(runId);
    const run = await deps.runs.get(runId);
    if (commit === undefined || run === undefined || commit.model !== model) {
      throw new TitleholderError(
        'CommitUnknown',
        `no commit of ${model} is stored for run ${runId}`,
      );
    }
    if (run.attempt !== attempt) {
      throw new TitleholderError(
        'BadInput',
        `attempt ${attempt} of run ${runId} was overtaken by attempt ${run.attempt}`,
      );
    }
    // Before the lock is taken: a folder that can't be read fails here, while no other run waits for it.
    const reference = await runReferenceOf(deps, commit, attempt);
    const { taken, holder } = await joinQueue(deps, model, {
      runId,
      attempt,
      token,
      asOf: commit.asOf,
    });
    if (taken) {
      // False means that the token was answered before: a repeated call.
      await deps.executions.succeed(token, reference);
      return { status: 'running' };
    }
    deps.log(`${runId} waits for ${holder}`, { model, runId, holder });
    await settleHolder(deps, commit, holder);
    return { status: 'waiting' };
  };

/**
 * Makes sure that the holder will release the lock: it releases the lock of a closed run, wakes a run that was
 * never woken, and stops a run that only waits for a person where the policy lets a later commit supersede it.
 */
async function settleHolder(deps: LockDeps, commit: Commit, holder: string): Promise<void> {
  const { model, runId } = commit;
  const run = await deps.runs.get(holder);
  const older = await deps.commits.get(holder);
  if (run === undefined || older === undefined || !isOpen(run.status)) {
    await leaveQueue(deps, model, holder);
    return;
  }
  await wakeHolder(deps, model);
  if (!waitsForPerson(run.status) || !(older.asOf < commit.asOf)) return;
  if ((await rulingPolicy(deps, commit)).queue !== 'supersede') return;
  const marked = await updateRun(deps, holder, (now) =>
    waitsForPerson(now.status) && now.supersededBy === undefined
      ? { supersededBy: runId }
      : undefined,
  );
  if (marked.supersededBy === undefined) return;
  await deps.executions.stop(
    executionName(holder, marked.attempt),
    'Superseded',
    `run ${runId} came while this one waited for a person`,
  );
}
