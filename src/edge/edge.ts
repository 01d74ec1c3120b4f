/**
 * The shared edge of every function behind API Gateway: who asks, may they, is it well-formed, and what
 * went wrong, as RFC 9457 problems. Handlers see only requests that passed.
 */
import * as z from 'zod';
import { MAX_BODY_BYTES } from '#contracts/api.ts';
import { modelOfRunId, RUN_ID } from '#domain/run-id.ts';
import type { Action } from '#domain/access.ts';
import { ACTIONS, may } from '#domain/access.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Identity } from '#domain/ports/identity.ts';
import type { Principal } from '#domain/roles.ts';
import type { Log } from '#domain/ports/log.ts';
import { parse, parseJson } from '#contracts/parse.ts';
import type { ProxyAnswer } from './problem.ts';
import { json, problem, problemOf } from './problem.ts';
import type { AnswerOf, Route, RouteFunction } from '#contracts/routes.ts';
import { match } from '#contracts/routes.ts';

/** What the edge reads of API Gateway's proxy event. */
const ProxyEvent = z.looseObject({
  httpMethod: z.string(),
  path: z.string(),
  /** The template that API Gateway matched; it knows nothing of stages and base paths. */
  resource: z.string().nullish(),
  headers: z.record(z.string(), z.string()).nullish(),
  pathParameters: z.record(z.string(), z.string().nullish()).nullish(),
  queryStringParameters: z.record(z.string(), z.string().nullish()).nullish(),
  multiValueQueryStringParameters: z.record(z.string(), z.array(z.string()).nullish()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
  requestContext: z.looseObject({ requestId: z.string().nullish() }).nullish(),
});
type ProxyEvent = z.infer<typeof ProxyEvent>;

/** A request that was authenticated, authorized and parsed by its route's schemas. */
export interface Request<R extends Route = Route> {
  /** Undefined only on an open route that was asked without a token. */
  readonly principal: Principal | undefined;
  readonly params: z.output<R['params']>;
  readonly query: z.output<R['query']>;
  readonly body: z.output<R['body']>;
  readonly headers: Readonly<Record<string, string>>;
}
/** As `Request`, of a route that isn't open. */
export interface SignedRequest<R extends Route = Route> extends Request<R> {
  readonly principal: Principal;
}

/** A handler's answer: HTTP status and JSON body. */
export interface HttpAnswer<T> {
  readonly status: number;
  readonly body: T;
}

export interface BoundRoute {
  readonly route: Route;
  readonly answer: (raw: RawRequest) => Promise<HttpAnswer<unknown>>;
}
interface RawRequest {
  readonly principal: Principal | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: () => string;
}

/** Binds a handler to a route that needs a token. */
export function on<R extends Route>(
  route: R,
  handle: (request: SignedRequest<R>) => Promise<HttpAnswer<AnswerOf<R>>>,
): BoundRoute {
  return bind(route, (request) => {
    const { principal } = request;
    if (principal === undefined) throw unauthenticated('a bearer token is needed');
    return handle({ ...request, principal });
  });
}

/** Binds a handler to an open route. */
export function onOpen<R extends Route>(
  route: R,
  handle: (request: Request<R>) => Promise<HttpAnswer<AnswerOf<R>>>,
): BoundRoute {
  return bind(route, handle);
}

function bind<R extends Route>(
  route: R,
  handle: (request: Request<R>) => Promise<HttpAnswer<AnswerOf<R>>>,
): BoundRoute {
  return {
    route,
    answer: async ({ principal, params, query, headers, text }) => {
      const action = route.action;
      if (action !== 'open') {
        if (principal === undefined) throw unauthenticated('a bearer token is needed');
        // The role is checked before the body is parsed, so that callers without it learn nothing about
        // the schema.
        if (!may(principal, action, { of: 'anything' })) throw forbidden(principal, action, '');
      }
      // A run's name says its model, so that a stranger isn't told which runs exist.
      if (action !== 'open' && route.model === 'run') {
        allow(principal, action, modelOfRun(params['run'] ?? ''));
      }
      const parsedParams: z.output<R['params']> = parse<R['params']>(
        route.params,
        params,
        'the path',
      );
      const parsedQuery: z.output<R['query']> = parse<R['query']>(route.query, query, 'the query');
      const raw = route.method === 'GET' ? '' : text();
      const parsedBody: z.output<R['body']> =
        raw.trim() === ''
          ? parse<R['body']>(route.body, undefined, 'the body')
          : parseJson<R['body']>(route.body, raw, 'the body');
      if (action !== 'open') {
        const source = route.model;
        if (source === 'query') allow(principal, action, modelIn(parsedQuery));
        if (source === 'body') allow(principal, action, modelIn(parsedBody));
        if (source === 'optional') allow(principal, action, modelIn(parsedQuery));
      }
      return handle({
        principal,
        params: parsedParams,
        headers,
        query: parsedQuery,
        body: parsedBody,
      });
    },
  };
}

/** Refuses a principal without the role for this model; `undefined` asks for all models. */
export function allow(
  principal: Principal | undefined,
  action: Action,
  model: string | undefined,
): void {
  if (principal === undefined) throw unauthenticated('a bearer token is needed');
  if (!may(principal, action, model ?? { of: 'everything' })) {
    const where = model === undefined ? ' for every model (or name one of yours)' : ` for ${model}`;
    throw forbidden(principal, action, where);
  }
}

/** The model in a run's id. Throws `NotFound` for what can't be one. */
export function modelOfRun(runId: string): string {
  const model = modelOfRunId(runId);
  if (model === undefined) throw noSuchRun(runId);
  return model;
}

/** A run that isn't there. */
export function noSuchRun(runId: string): TitleholderError {
  // An answer repeats what has a run id's form only.
  const name = RUN_ID.test(runId) ? ` ${runId}` : ' of this name';
  return new TitleholderError('NotFound', `there is no run${name}`);
}

function modelIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('model' in value)) return undefined;
  return typeof value.model === 'string' ? value.model : undefined;
}

function forbidden(principal: Principal, action: Action, where: string): TitleholderError {
  const roles: readonly string[] = ACTIONS[action];
  const needed = action === 'read' ? 'a role' : roles.join(' or ');
  return new TitleholderError('Forbidden', `this needs ${needed}${where}`, {
    subject: principal.subject,
  });
}

function unauthenticated(message: string): TitleholderError {
  return new TitleholderError('Unauthenticated', message);
}

/**
 * A Lambda handler of bound routes.
 *
 * A path that isn't in the table, or is another function's, is 404; a known path with another method
 * is 405 and names the right one.
 */
export function httpFunction(
  name: RouteFunction,
  deps: { readonly identity: Identity; readonly log: Log },
  bound: readonly BoundRoute[],
): (event: unknown) => Promise<ProxyAnswer> {
  return async (event) => {
    const request = parse(ProxyEvent, event, 'the event of API Gateway');
    const requestId = request.requestContext?.requestId ?? 'unknown';
    const answer = await respond(name, deps.identity, bound, request).catch((error: unknown) => {
      if (!(error instanceof TitleholderError)) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        deps.log(text, { level: 'error', requestId });
      }
      return problemOf(error, requestId);
    });
    deps.log('request', {
      method: request.httpMethod,
      resource: request.resource ?? null,
      status: answer.statusCode,
      requestId,
    });
    return answer;
  };
}

async function respond(
  name: RouteFunction,
  identity: Identity,
  bound: readonly BoundRoute[],
  event: ProxyEvent,
): Promise<ProxyAnswer> {
  const found = match(pathOf(event));
  const own = found?.routes.filter((r) => r.function === name) ?? [];
  if (found === undefined || own.length === 0) {
    return problem(404, 'NotFound', 'there is nothing at this path');
  }
  const method = event.httpMethod.toUpperCase();
  const target = bound.find((b) => own.includes(b.route) && b.route.method === method);
  if (target === undefined) {
    const allowed = own.map((r) => r.method).join(', ');
    return problem(405, 'MethodNotAllowed', `this path takes ${allowed}`, {
      headers: { allow: allowed },
    });
  }
  const headers = lowerCased(event.headers ?? {});
  const principal = await whoAsks(identity, headers['authorization'], target.route);
  const answer = await target.answer({
    principal,
    params: found.params,
    query: queryOf(event),
    headers,
    text: () => bodyOf(event),
  });
  return json(answer.status, answer.body);
}

async function whoAsks(
  identity: Identity,
  header: string | undefined,
  route: Route,
): Promise<Principal | undefined> {
  if (header === undefined && route.action === 'open') return undefined;
  const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(header ?? '')?.[1];
  if (token === undefined) throw unauthenticated('a bearer token is needed');
  return identity.verify(token);
}

/** The path below stage and base path, still encoded. */
function pathOf(event: ProxyEvent): string {
  const { resource, pathParameters } = event;
  if (resource === undefined || resource === null || resource === '') return event.path;
  return resource.replace(
    /\{([^}+]+)\+?\}/g,
    (_whole, name: string) => pathParameters?.[name] ?? '',
  );
}

function queryOf(event: ProxyEvent): Readonly<Record<string, string>> {
  const query: Record<string, string> = {};
  for (const [key, value] of Object.entries(event.queryStringParameters ?? {})) {
    query[key] = value ?? '';
  }
  for (const [key, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    if ((values?.length ?? 0) > 1) {
      throw new TitleholderError('BadInput', `the query: ${key.slice(0, 100)} is given twice`);
    }
  }
  return query;
}

function bodyOf(event: ProxyEvent): string {
  const raw = event.body ?? '';
  const bytes = Buffer.from(raw, event.isBase64Encoded === true ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) {
    throw new TitleholderError(
      'TooLarge',
      `the body has ${bytes.length} bytes; at most ${MAX_BODY_BYTES} are taken`,
      { bytes: bytes.length, limit: MAX_BODY_BYTES },
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new TitleholderError('BadInput', 'the body is not UTF-8');
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
}
