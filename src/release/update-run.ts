/** Changes a run item by compare-and-swap. */
import { waitsForPerson } from '#domain/approval.ts';
import { compareAndSwap } from '#domain/compare-and-swap.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { Run } from '#domain/run.ts';

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
  return compareAndSwap(async () => {
    const run = await deps.runs.get(runId);
    if (run === undefined) throw new TitleholderError('NotFound', `there is no run ${runId}`);
    const changed = change(run);
    if (changed === undefined) return { result: run };
    const next: Run = {
      ...run,
      ...changed,
      revision: run.revision + 1,
      updatedAt: deps.clock.now(),
    };
    return { result: next, write: () => deps.runs.replace(next) };
  });
}

/** A run that goes on after a wait is running again; a closed one stays closed. */
export async function markRunning(
  deps: { readonly runs: RunStore; readonly clock: Clock },
  runId: string,
): Promise<void> {
  await updateRun(deps, runId, (run) =>
    waitsForPerson(run.status) ? { status: 'running' } : undefined,
  );
}
