/**
 * Every route of the API, once: its path, its function, who may use it, what it takes and what it answers.
 *
 * The functions bind their handlers to these, the infrastructure builds its resources from them, the
 * client calls by them, and the tests enumerate them.
 */
import * as z from 'zod';
import {
  ChampionAnswer,
  ClaimsAnswer,
  DecidedAnswer,
  EvidenceAnswer,
  HealthAnswer,
  type Immutable,
  LedgerAnswer,
  PredictAnswer,
  RolledBackAnswer,
  RunsAnswer,
  StartedAnswer,
  StatusAnswer,
  StepsAnswer,
  TrackedChampionAnswer,
  TrackedRunAnswer,
  TrackedRunsAnswer,
  UploadsAnswer,
} from './answers.ts';
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
 * Where the model stands for which the caller needs their grant. `optional`: in the query, and without
 * it a grant for every model is needed. `any`: nothing of one model is shown. `later`: only the
 * stored thing says; the handler asks again.
 */
export type ModelSource = 'body' | 'query' | 'optional' | 'run' | 'any' | 'later';

export interface Route<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST';
  /** API Gateway's form, below `/api`: `/pipeline/{run}/status`. */
  readonly path: string;
  readonly function: RouteFunction;
  /** `open`: answers without a token, and the handler says more to one who may read. */
  readonly action: Action | 'open';
  readonly model: ModelSource;
  /** What stands in braces in the path. */
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Of success; every refusal is a `Problem`. */
  readonly answer: A;
}

/** What a route answers with. */
export type AnswerOf<R extends Route> = Immutable<z.output<R['answer']>>;

const NoParams = z.strictObject({});
const OfRun = z.strictObject({ run: z.string() });
const NoQuery = z.strictObject({});
const NoBody = z.undefined();
const OfModel = z.strictObject({ model: ModelName });
const whole = z.string().regex(/^\d{1,10}$/, 'a whole number of at least 0');
const Limit = whole.transform(Number).pipe(z.int().min(1).max(100)).default(20);
const Cursor = z.string().min(1).max(2048);

/** The model folder's rows at most that one answer holds. */
const MAX_CLAIMS = 10_000;

const route = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  of: Route<P, Q, B, A>,
): Route<P, Q, B, A> => of;
const post = 'POST' as const;
const get = 'GET' as const;

const decision = (verb: string, action: Action) =>
  route({
    method: post,
    path: `/pipeline/{run}/${verb}`,
    function: 'decide-run',
    action,
    model: 'run',
    params: OfRun,
    query: NoQuery,
    // A decision without words needs no body at all.
    body: DecisionBody.default({}),
    answer: DecidedAnswer,
  });

const read = <Q extends z.ZodType, A extends z.ZodType>(
  path: string,
  model: ModelSource,
  query: Q,
  answer: A,
) =>
  route({
    method: get,
    path,
    function: 'read-pipeline',
    action: 'read',
    model,
    params: NoParams,
    query,
    body: NoBody,
    answer,
  });

const readRun = <A extends z.ZodType>(path: string, answer: A) => ({
  ...read(path, 'run', NoQuery, answer),
  params: OfRun,
});

export const ROUTES = {
  uploads: route({
    method: post,
    path: '/pipeline/uploads',
    function: 'accept-commit',
    action: 'commit',
    model: 'body',
    params: NoParams,
    query: NoQuery,
    body: UploadsBody,
    answer: UploadsAnswer,
  }),
  commit: route({
    method: post,
    path: '/pipeline/commit',
    function: 'accept-commit',
    action: 'commit',
    model: 'body',
    params: NoParams,
    query: NoQuery,
    body: CommitBody,
    answer: StartedAnswer,
  }),
  start: route({
    method: post,
    path: '/pipeline/start',
    function: 'accept-commit',
    action: 'commit',
    model: 'body',
    params: NoParams,
    query: NoQuery,
    body: StartBody,
    answer: StartedAnswer,
  }),

  continue: decision('continue', 'decide'),
  approve: decision('approve', 'decide'),
  reject: route({
    method: post,
    path: '/pipeline/{run}/reject',
    function: 'decide-run',
    action: 'reject',
    model: 'run',
    params: OfRun,
    query: NoQuery,
    body: RejectBody,
    answer: DecidedAnswer,
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
    params: NoParams,
    query: NoQuery,
    body: RollbackBody,
    answer: RolledBackAnswer,
  }),

  runs: read(
    '/pipeline/runs',
    'optional',
    z.strictObject({ model: ModelName.optional(), limit: Limit, cursor: Cursor.optional() }),
    RunsAnswer,
  ),
  status: readRun('/pipeline/{run}/status', StatusAnswer),
  evidence: readRun('/pipeline/{run}/evidence', EvidenceAnswer),
  champion: read(
    '/champion',
    'query',
    OfModel.extend({ at: z.iso.datetime({ offset: true }).optional() }),
    ChampionAnswer,
  ),
  ledger: read('/ledger', 'query', OfModel, LedgerAnswer),
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
    TrackedRunsAnswer,
  ),
  trackedRun: {
    ...read('/mlflow/runs/{id}', 'later', NoQuery, TrackedRunAnswer),
    params: z.strictObject({ id: z.string() }),
  },
  trackedChampion: read('/mlflow/champion', 'query', OfModel, TrackedChampionAnswer),
  steps: read('/steps', 'any', NoQuery, StepsAnswer),

  claims: route({
    method: get,
    path: '/claims/generate',
    function: 'generate-claims',
    action: 'read',
    model: 'any',
    params: NoParams,
    query: z.strictObject({
      n: whole.transform(Number).pipe(z.int().min(1).max(MAX_CLAIMS)).default(100),
      seed: whole.transform(Number).pipe(z.int().min(0).max(4_294_967_295)).default(0),
    }),
    body: NoBody,
    answer: ClaimsAnswer,
  }),

  health: route({
    method: get,
    path: '/health',
    function: 'serve-model',
    action: 'open',
    model: 'optional',
    params: NoParams,
    query: z.strictObject({ model: ModelName.optional() }),
    body: NoBody,
    answer: HealthAnswer,
  }),
  predict: route({
    method: post,
    path: '/predict',
    function: 'serve-model',
    action: 'predict',
    model: 'query',
    params: NoParams,
    query: OfModel,
    body: PredictBody,
    answer: PredictAnswer,
  }),
} as const satisfies Readonly<Record<string, Route>>;

/**
 * The function behind each path: one, which gets every method, so that a wrong one is its 405 with a
 * sentence, where API Gateway would say 403.
 *
 * @param of only the paths of this function.
 */
export function functionsByPath(of?: RouteFunction): ReadonlyMap<string, RouteFunction> {
  const routes = Object.values<Route>(ROUTES);
  return new Map(
    routes
      .filter((one) => of === undefined || one.function === of)
      .map((one) => [one.path, one.function]),
  );
}

/** A route's path with its parameters in it, each encoded as one segment. */
export function pathTo(route: Route, params: Readonly<Record<string, string>>): string {
  return route.path.replace(/\{([^}]+)\}/g, (_braces, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
}

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
