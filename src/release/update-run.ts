/** Changes a run item by compare-and-swap. */
import { isNamed, TitleholderError } from '#domain/errors.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { Run } from '#domain/run.ts';

/** Other writers of one run are few: a person's decision, the closer, the step itself. */
const TRIES = 10;

/** What a change may set; the rest of a run belongs to the store. */
export type RunChange = Partial<Omit<Run, 'schemaVersion' | 'runId' | 'revision' | 'updatedAt'>>;

/**
 * Applies `change` to the stored run; an undefined change leaves it as it is.
 *
 * Returns the run as stored afterwards. Throws `NotFound`, and `Conflict` after ten lost races.
 */
export async function updateRun(
  deps: { readonly runs: RunStore; readonly clock: Clock },
  runId: string,
  change: (run: Run) => RunChange | undefined,
): Promise<Run> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const run = await deps.runs.get(runId);
    if (run === undefined) throw new TitleholderError('NotFound', `there is no run ${runId}`);
    const changed = change(run);
    if (changed === undefined) return run;
    const next: Run = {
      ...run,
      ...changed,
      revision: run.revision + 1,
      updatedAt: deps.clock.now(),
    };
    try {
      await deps.runs.replace(next);
      return next;
    } catch (error) {
      if (!isNamed(error, 'Conflict')) throw error;
    }
  }
  throw new TitleholderError('Conflict', `run ${runId} kept changing under ${TRIES} tries`);
}

/** A run that goes on after a wait is running again; a closed one stays closed. */
export async function markRunning(
  deps: { readonly runs: RunStore; readonly clock: Clock },
  runId: string,
): Promise<void> {
  await updateRun(deps, runId, (run) =>
    run.status === 'awaiting_approval' || run.status === 'ci_complete' || run.status === 'held'
      ? { status: 'running' }
      : undefined,
  );
}
