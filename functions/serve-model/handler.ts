/** Serves the versions that one slot's routes name. An answer needs the pointer and the models alone. */
import * as z from 'zod';
import { ModelName } from '#contracts/folder/names.ts';
import type { PredictAnswer } from '#contracts/answers.ts';
import { may } from '#domain/access.ts';
import { drawOf, routeFor } from '#domain/pointer.ts';
import type { ServingRoute } from '#domain/pointer.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Identity } from '#domain/ports/identity.ts';
import type { Ids } from '#domain/ports/ids.ts';
import type { ServingHealth } from '#domain/ports/serving.ts';
import { httpFunction, on, onOpen } from '#edge/edge.ts';
import { parse } from '#contracts/parse.ts';
import { ROUTES } from '#contracts/routes.ts';
import type { RawRow } from '#learning/pipeline/scorer.ts';
import type { ChampionCache, ChampionCacheDeps } from './champion-cache.ts';
import { championCache } from './champion-cache.ts';
import { rowsOf, scoreRows } from './score-rows.ts';

export interface ServeModelDeps extends ChampionCacheDeps {
  readonly identity: Identity;
  /** A prediction's id each. */
  readonly ids: Ids;
  /** Digest of the code that scores. */
  readonly code: string;
  /** Memory of this process in MB. */
  readonly memoryMb: () => number;
}

const Cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/**
 * A direct invocation by the machine's own steps. IAM is the authority here: an event of API Gateway
 * has no such field at its top, whatever a caller sends.
 */
const InternalCall = z.strictObject({
  internal: z.discriminatedUnion('path', [
    z.strictObject({ path: z.literal('/health'), model: ModelName }),
    z.strictObject({
      path: z.literal('/predict'),
      model: ModelName,
      records: z.array(z.record(z.string(), Cell)).min(1),
    }),
  ]),
});

/** GET /health and POST /predict; direct invocations answer with the plain document or throw. */
export const serveModel = (deps: ServeModelDeps) => {
  const cache = championCache(deps);
  const http = httpFunction('serve-model', deps, [
    onOpen(ROUTES.health, async ({ principal, query: { model } }) => {
      const detailed =
        principal !== undefined && may(principal, 'read', model ?? { of: 'everything' });
      const { health, isServing } =
        model === undefined ? await reachable(deps) : await healthOf(deps, cache, model);
      return { status: isServing ? 200 : 503, body: detailed ? health : withoutDetails(health) };
    }),
    on(ROUTES.predict, async ({ query, body }) => ({
      status: 200,
      body: await predict(deps, cache, query.model, rowsOf(body)),
    })),
  ]);
  return async (event: unknown): Promise<unknown> => {
    if (typeof event !== 'object' || event === null || !('internal' in event)) return http(event);
    const { internal } = parse(InternalCall, event, 'the internal call');
    return internal.path === '/health'
      ? (await healthOf(deps, cache, internal.model)).health
      : predict(deps, cache, internal.model, internal.records);
  };
};

/** Scores the rows by one route, drawn with the id of the first prediction. */
async function predict(
  deps: ServeModelDeps,
  cache: ChampionCache,
  model: string,
  rows: readonly RawRow[],
): Promise<PredictAnswer> {
  const seen = await cache.pointer(model);
  if (seen === undefined) {
    throw new TitleholderError('NotFound', `${model} has no champion in ${deps.slot}`);
  }
  const firstId = deps.ids.next();
  const route = routeFor(seen.pointer, drawOf(firstId));
  const scores = scoreRows(await cache.load(model, route), rows);
  const predictions = scores.map((score, row) => ({
    id: row === 0 ? firstId : deps.ids.next(),
    ...score,
  }));
  const { version, sha256, role } = route;
  return { predictions, model, version, sha256, role, stage: deps.slot };
}

interface Checked {
  readonly health: Omit<ServingHealth, 'model'> & { readonly model: string | null };
  /** Whether a prediction would be answered now, or there is nothing to serve yet. */
  readonly isServing: boolean;
}

/** Health of a model's slot: each check does what a prediction would need, for every route. */
async function healthOf(
  deps: ServeModelDeps,
  cache: ChampionCache,
  model: string,
): Promise<Checked & { readonly health: ServingHealth }> {
  const base = { ...baseOf(deps), model };
  try {
    const seen = await cache.pointer(model);
    if (seen === undefined) {
      const check = { name: 'pointer', ok: true, detail: `no champion in ${deps.slot} yet` };
      return { isServing: true, health: { ...base, ...NOTHING, status: 'empty', checks: [check] } };
    }
    const { version, sha256, revision, routes } = seen.pointer;
    const pointer = {
      name: 'pointer',
      ok: seen.stale === null,
      detail:
        seen.stale === null
          ? `version ${version} at revision ${revision}`
          : `can't be read (${seen.stale}); version ${version} is the last one known`,
    };
    const models = await Promise.all(
      routes.map((route) => artifactChecks(deps, cache, model, route)),
    );
    const artifacts = models.flat();
    const checks = [pointer, ...artifacts];
    return {
      isServing: artifacts.every((c) => c.ok),
      health: {
        ...base,
        status: checks.every((c) => c.ok) ? 'ok' : 'degraded',
        version,
        sha256,
        routes,
        checks,
      },
    };
  } catch (error) {
    const check = { name: 'pointer', ok: false, detail: nameOf(error) };
    return {
      isServing: false,
      health: { ...base, ...NOTHING, status: 'degraded', checks: [check] },
    };
  }
}

async function artifactChecks(
  deps: ServeModelDeps,
  cache: ChampionCache,
  model: string,
  route: ServingRoute,
): Promise<ServingHealth['checks']> {
  const { sha256 } = route;
  try {
    const { artifact } = await cache.load(model, route);
    const made = artifact.provenance.code;
    const detail = made === deps.code ? `made by this code` : `made by code ${made}`;
    return [
      { name: 'artifact', ok: true, detail: `${sha256} loaded, its hash checked` },
      { name: 'code', ok: true, detail: `format ${artifact.schemaVersion} is read; ${detail}` },
    ];
  } catch (error) {
    return [{ name: 'artifact', ok: false, detail: `${sha256}: ${nameOf(error)}` }];
  }
}

/** Where nothing is served. */
const NOTHING = { version: null, sha256: null, routes: [] } as const;

function baseOf(deps: ServeModelDeps) {
  return { stage: deps.slot, code: deps.code, memoryMb: deps.memoryMb() };
}

/** Health without a model: whether pointers can be read at all. */
async function reachable(deps: ServeModelDeps): Promise<Checked> {
  const base = { ...baseOf(deps), model: null, ...NOTHING };
  try {
    // No model may have this name with a dot; reading its absence is as good as reading a pointer.
    await deps.registry.pointer('health.check', deps.slot);
    const check = { name: 'pointer', ok: true, detail: 'pointers can be read' };
    return { isServing: true, health: { ...base, status: 'ok', checks: [check] } };
  } catch (error) {
    const check = { name: 'pointer', ok: false, detail: nameOf(error) };
    return { isServing: false, health: { ...base, status: 'degraded', checks: [check] } };
  }
}

/** What everybody may see: no words of dependencies, no memory. */
function withoutDetails({ memoryMb: _memory, checks, ...open }: Checked['health']) {
  return { ...open, checks: checks.map(({ name, ok }) => ({ name, ok })) };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}
