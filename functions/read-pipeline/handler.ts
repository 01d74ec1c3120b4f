/** Everything that can be read of the pipeline. Nothing here writes. */
import { TitleholderError } from '#domain/errors.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { Identity } from '#domain/ports/identity.ts';
import type { Tracking } from '#domain/ports/tracking.ts';
import type { DefinedStep } from '#contracts/answers.ts';
import type { HttpAnswer } from '#edge/edge.ts';
import { allow, httpFunction, on } from '#edge/edge.ts';
import { ROUTES } from '#contracts/routes.ts';
import type { Log } from '#domain/ports/log.ts';
import { readChampion, readLedger, readTrackedChampion } from './read-champion.ts';
import type { RunDeps } from './read-run.ts';
import { readEvidence, readStatus } from './read-run.ts';
import { definedSteps } from './steps.ts';

export interface ReadPipelineDeps extends RunDeps {
  readonly identity: Identity;
  readonly registry: ChampionRegistry;
  readonly tracking: Tracking;
  readonly clock: Clock;
  readonly log: Log;
}

/** A definition changes by a deployment only, and `watch` asks for it every second. */
const DEFINITION_MILLIS = 60_000;
/** MLflow's names of runs: 32 hex digits. */
const TRACKING_RUN = /^[A-Za-z0-9_-]{1,64}$/;

/** GET /pipeline/runs, /pipeline/{run}/status and /evidence, /champion, /ledger, /mlflow/…, /steps. */
export const readPipeline = (deps: ReadPipelineDeps) => {
  const defined = cachedSteps(deps);
  const { registry, tracking } = deps;
  return httpFunction('read-pipeline', deps, [
    on(ROUTES.runs, async ({ query: { model, limit, cursor } }) =>
      ok(
        await deps.runs.list({
          limit,
          ...(model !== undefined && { model }),
          ...(cursor !== undefined && { cursor }),
        }),
      ),
    ),
    on(ROUTES.status, async ({ params }) =>
      ok(await readStatus(deps, await defined(), params.run)),
    ),
    on(ROUTES.evidence, async ({ params }) => ok(await readEvidence(deps, params.run))),
    on(ROUTES.champion, async ({ query }) => ok(await readChampion(deps, query.model, query.at))),
    on(ROUTES.ledger, async ({ query }) => ok(await readLedger(registry, query.model))),
    on(ROUTES.trackedRuns, async ({ query: { model, stage, commit_sha, limit, cursor } }) =>
      ok(
        await tracking.runs({
          limit,
          ...(model !== undefined && { model }),
          ...(stage !== undefined && { stage }),
          ...(commit_sha !== undefined && { commit: commit_sha }),
          ...(cursor !== undefined && { cursor }),
        }),
      ),
    ),
    on(ROUTES.trackedRun, async ({ principal, params }) => {
      const found = TRACKING_RUN.test(params.id) ? await tracking.run(params.id) : undefined;
      // A run without a model is shown only to those who may read every model.
      if (found !== undefined) allow(principal, 'read', found.tags['titleholder.model']);
      else throw new TitleholderError('NotFound', 'MLflow has no such run');
      return ok(found);
    }),
    on(ROUTES.trackedChampion, async ({ query }) =>
      ok(await readTrackedChampion(deps, query.model)),
    ),
    on(ROUTES.steps, async () => ok({ steps: await defined() })),
  ]);
};

function ok<T>(body: T): HttpAnswer<T> {
  return { status: 200, body };
}

function cachedSteps(deps: ReadPipelineDeps): () => Promise<readonly DefinedStep[]> {
  let cached: { readonly steps: readonly DefinedStep[]; readonly at: number } | undefined;
  return async () => {
    const now = Date.parse(deps.clock.now());
    if (cached === undefined || !(now - cached.at < DEFINITION_MILLIS)) {
      cached = { steps: definedSteps(await deps.executions.definition()), at: now };
    }
    return cached.steps;
  };
}
