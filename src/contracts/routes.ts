/**
 * Every route of the API, once: its path, its function, its schemas and who may use it.
 *
 * The functions bind handlers to these, the infrastructure builds its resources from them (one path
 * belongs to one function, which gets every method, so that a wrong one is answered with 405), and
 * the tests enumerate them.
 */
import * as z from 'zod';
import {
  CommitBody,
  DecisionBody,
  PredictBody,
  RejectBody,
  RollbackBody,
  StartBody,
  UploadsBody,
} from './api.ts';
import { ModelName } from './folder/names.ts';
import type { Action } from '#domain/access.ts';

/** The functions behind the API. */
export type RouteFunction =
  | 'accept-commit'
  | 'decide-run'
  | 'read-pipeline'
  | 'serve-model'
  | 'generate-claims';

/**
 * Where the model stands for which the caller needs his grant. `optional`: in the query, and without
 * it a grant for every model is needed. `any`: nothing of one model is shown. `later`: only the
 * stored thing says; the handler asks again.
 */
export type ModelSource = 'body' | 'query' | 'optional' | 'run' | 'any' | 'later';

export interface Route<Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST';
  /** API Gateway's form: `/pipeline/{run}/status`. */
  readonly path: string;
  readonly function: RouteFunction;
  /** `open`: answers without a token, and the handler says more to one who may read. */
  readonly action: Action | 'open';
  readonly model: ModelSource;
  readonly query: Q;
  readonly body: B;
}

const NoQuery = z.strictObject({});
const NoBody = z.undefined();
const OfModel = z.strictObject({ model: ModelName });
const whole = z.string().regex(/^\d{1,10}$/, 'a whole number of at least 0');
const Limit = whole.transform(Number).pipe(z.int().min(1).max(100)).default(20);
const Cursor = z.string().min(1).max(2048);

/** The model folder's rows at most that one answer holds. */
const MAX_CLAIMS = 10_000;

const route = <Q extends z.ZodType, B extends z.ZodType>(of: Route<Q, B>): Route<Q, B> => of;
const post = 'POST' as const;
const get = 'GET' as const;

const decision = (verb: string, action: Action) =>
  route({
    method: post,
    path: `/pipeline/{run}/${verb}`,
    function: 'decide-run',
    action,
    model: 'run',
    query: NoQuery,
    // A decision without words needs no body at all.
    body: DecisionBody.default({}),
  });

const read = <Q extends z.ZodType>(path: string, model: ModelSource, query: Q) =>
  route({
    method: get,
    path,
    function: 'read-pipeline',
    action: 'read',
    model,
    query,
    body: NoBody,
  });

export const ROUTES = {
  uploads: route({
    method: post,
    path: '/pipeline/uploads',
    function: 'accept-commit',
    action: 'commit',
    model: 'body',
    query: NoQuery,
    body: UploadsBody,
  }),
  commit: route({
    method: post,
    path: '/pipeline/commit',
    function: 'accept-commit',
    action: 'commit',
    model: 'body',
    query: NoQuery,
    body: CommitBody,
  }),
  start: route({
    method: post,
    path: '/pipeline/start',
    function: 'accept-commit',
    action: 'commit',
    model: 'body',
    query: NoQuery,
    body: StartBody,
  }),

  continue: decision('continue', 'decide'),
  approve: decision('approve', 'decide'),
  reject: route({
    method: post,
    path: '/pipeline/{run}/reject',
    function: 'decide-run',
    action: 'reject',
    model: 'run',
    query: NoQuery,
    body: RejectBody,
  }),
  accept: decision('accept', 'accept'),
  cancel: decision('cancel', 'cancel'),
  resume: decision('resume', 'resume'),
  rollback: route({
    method: post,
    path: '/pipeline/rollback',
    function: 'decide-run',
    action: 'rollback',
    model: 'body',
    query: NoQuery,
    body: RollbackBody,
  }),

  runs: read(
    '/pipeline/runs',
    'optional',
    z.strictObject({ model: ModelName.optional(), limit: Limit, cursor: Cursor.optional() }),
  ),
  status: read('/pipeline/{run}/status', 'run', NoQuery),
  evidence: read('/pipeline/{run}/evidence', 'run', NoQuery),
  champion: read(
    '/champion',
    'query',
    OfModel.extend({ at: z.iso.datetime({ offset: true }).optional() }),
  ),
  ledger: read('/ledger', 'query', OfModel),
  trackedRuns: read(
    '/mlflow/runs',
    'optional',
    z.strictObject({
      model: ModelName.optional(),
      stage: z.enum(['CI', 'CD', 'Deploy']).optional(),
      commit_sha: z
        .string()
        .regex(/^[0-9a-f]{7,40}$/, 'a commit is 7 to 40 hex digits')
        .optional(),
      limit: Limit,
      cursor: Cursor.optional(),
    }),
  ),
  trackedRun: read('/mlflow/runs/{id}', 'later', NoQuery),
  trackedChampion: read('/mlflow/champion', 'query', OfModel),
  steps: read('/steps', 'any', NoQuery),

  claims: route({
    method: get,
    path: '/claims/generate',
    function: 'generate-claims',
    action: 'read',
    model: 'any',
    query: z.strictObject({
      n: whole.transform(Number).pipe(z.int().min(1).max(MAX_CLAIMS)).default(100),
      seed: whole.transform(Number).pipe(z.int().min(0).max(4_294_967_295)).default(0),
    }),
    body: NoBody,
  }),

  health: route({
    method: get,
    path: '/health',
    function: 'serve-model',
    action: 'open',
    model: 'optional',
    query: z.strictObject({ model: ModelName.optional() }),
    body: NoBody,
  }),
  predict: route({
    method: post,
    path: '/predict',
    function: 'serve-model',
    action: 'predict',
    model: 'query',
    query: OfModel,
    body: PredictBody,
  }),
} as const satisfies Readonly<Record<string, Route>>;

interface Template {
  readonly route: Route;
  readonly segments: readonly string[];
}

/** Literal segments before parameters, so that `/pipeline/runs` can't be the run "runs". */
const TEMPLATES: readonly Template[] = Object.values<Route>(ROUTES)
  .map((of) => ({ route: of, segments: of.path.split('/').slice(1) }))
  .sort((a, b) => rank(a).localeCompare(rank(b)));

function rank({ segments }: Template): string {
  return segments.map((s) => (s.startsWith('{') ? '1' : '0')).join('');
}

/**
 * Finds the routes of a path (still URL-encoded, one segment a parameter) and its decoded
 * parameters; several routes only where methods differ. Undefined when no path is like it.
 */
export function match(
  path: string,
):
  | { readonly routes: readonly Route[]; readonly params: Readonly<Record<string, string>> }
  | undefined {
  const segments = path.split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  const first = TEMPLATES.find((t) => fits(t.segments, segments));
  if (first === undefined) return undefined;
  const params: Record<string, string> = {};
  for (const [i, name] of first.segments.entries()) {
    if (name.startsWith('{')) params[name.slice(1, -1)] = decode(segments[i] ?? '');
  }
  const routes = TEMPLATES.filter((t) => t.route.path === first.route.path).map((t) => t.route);
  return { routes, params };
}

function fits(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((part, i) => (part.startsWith('{') ? segments[i] !== '' : part === segments[i]))
  );
}

/** A segment that is no valid encoding stays as it is and names nothing. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
