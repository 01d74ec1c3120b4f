/**
 * Speaks the HTTP API by the table of its routes: answers parsed, refusals as one line.
 *
 * It needs `fetch` and nothing else of the platform, so that a page can use it as the command line does.
 */
import type * as z from 'zod';
import {
  type ChampionAnswer,
  type DecidedAnswer,
  type EvidenceAnswer,
  type HealthAnswer,
  type LedgerAnswer,
  type PredictAnswer,
  Problem,
  type RolledBackAnswer,
  type RunsAnswer,
  type StartedAnswer,
  type StatusAnswer,
  type UploadsAnswer,
} from '#contracts/answers.ts';
import type { PredictRow } from '#contracts/api.ts';
import { tryParseJson } from '#contracts/parse.ts';
import { pathTo, type Route, ROUTES } from '#contracts/routes.ts';

/** A host that gives no answer within this time is reported as unreachable. */
const TIMEOUT_MILLIS = 60_000;

/** The API said no, and why in one line. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  /** The literal name of the error; undefined where something before the API answered. */
  readonly error: string | undefined;

  constructor(status: number, detail: string, error?: string) {
    super(`${detail} (HTTP ${status})`);
    this.status = status;
    this.error = error;
  }
}

/** Nothing answers at the API's address. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';

  constructor(origin: string, cause: unknown) {
    super(`nothing answers at ${origin}`, { cause });
  }
}

/** The API and this client disagree about an answer's shape. */
export class AnswerUnreadable extends Error {
  override readonly name = 'AnswerUnreadable';

  constructor(fields: string) {
    super(`the API answered what this version can't read: ${fields}`);
  }
}

/** The routes by which people decide about a run. */
export type Verb = 'continue' | 'approve' | 'reject' | 'cancel' | 'resume' | 'accept';

/** What a call needs besides its route; what has a default, or is nothing, may be left out. */
export interface CallOf<R extends Route> {
  readonly params?: z.input<R['params']> & Readonly<Record<string, string>>;
  readonly query?: z.input<R['query']> & Readonly<Record<string, string | undefined>>;
  readonly body?: z.input<R['body']>;
}

/**
 * Every method throws `ApiRefusal`, `ApiUnreachable` and `AnswerUnreadable`.
 */
export interface ApiClient {
  readonly url: string;
  /** Any route of the table; those below are its everyday ones. */
  call<R extends Route>(route: R, of: CallOf<R>): Promise<z.output<R['answer']>>;
  uploads(body: z.input<typeof ROUTES.uploads.body>): Promise<UploadsAnswer>;
  commit(body: z.input<typeof ROUTES.commit.body>): Promise<StartedAnswer>;
  start(model: string, commit: string): Promise<StartedAnswer>;
  runs(query: {
    readonly model?: string | undefined;
    readonly limit?: number | undefined;
    readonly cursor?: string | undefined;
  }): Promise<RunsAnswer>;
  status(runId: string): Promise<StatusAnswer>;
  evidence(runId: string): Promise<EvidenceAnswer>;
  decide(
    runId: string,
    verb: Verb,
    body: { readonly reason?: string | undefined; readonly digest?: string | undefined },
  ): Promise<DecidedAnswer>;
  /** One decision, however often it has to be sent until its answer comes. */
  rollback(body: z.input<typeof ROUTES.rollback.body>): Promise<RolledBackAnswer>;
  champion(model: string, at?: string): Promise<ChampionAnswer>;
  ledger(model: string): Promise<LedgerAnswer>;
  health(model: string): Promise<HealthAnswer>;
  predict(model: string, records: readonly PredictRow[]): Promise<PredictAnswer>;
}

/**
 * A client of one API.
 * @param of.url the API's root, which ends in `/api`. @param of.token null: no Authorization.
 */
export function apiClient(of: { readonly url: string; readonly token: string | null }): ApiClient {
  const root = of.url.replace(/\/+$/, '');
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (of.token !== null) headers['authorization'] = `Bearer ${of.token}`;

  async function call<R extends Route>(
    route: R,
    { params, query, body }: CallOf<R>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<z.output<R['answer']>> {
    const path = pathTo(route, params ?? {});
    const search = new URLSearchParams(present(query ?? {})).toString();
    const { status, text } = await exchange(`${root}${path}${search === '' ? '' : `?${search}`}`, {
      method: route.method,
      headers: { ...headers, ...more },
      ...(route.method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
    });
    const problem = tryParseJson(Problem, text);
    if (problem.ok) throw new ApiRefusal(status, problem.value.detail, problem.value.error);
    // `/health` has status 503 too where it says why a model can't be served.
    const answer = tryParseJson<R['answer']>(route.answer, text);
    if (answer.ok) return answer.value;
    if (status >= 200 && status < 300) throw new AnswerUnreadable(answer.problem);
    throw new ApiRefusal(status, `no answer of the API to ${route.method} ${path}`);
  }

  return {
    url: root,
    call,
    uploads: (body) => call(ROUTES.uploads, { body }),
    commit: (body) => call(ROUTES.commit, { body }),
    start: (model, commit) => call(ROUTES.start, { body: { model, commit } }),
    runs: ({ model, limit, cursor }) =>
      call(ROUTES.runs, { query: { model, limit: limit?.toString(), cursor } }),
    status: (run) => call(ROUTES.status, { params: { run } }),
    evidence: (run) => call(ROUTES.evidence, { params: { run } }),
    decide: (run, verb, body) => call(ROUTES[verb], { params: { run }, body }),
    rollback: (body) => {
      const key = crypto.randomUUID();
      return untilAnswered(() => call(ROUTES.rollback, { body }, { 'idempotency-key': key }));
    },
    champion: (model, at) => call(ROUTES.champion, { query: { model, at } }),
    ledger: (model) => call(ROUTES.ledger, { query: { model } }),
    health: (model) => call(ROUTES.health, { query: { model } }),
    predict: (model, records) =>
      call(ROUTES.predict, { query: { model }, body: { records: [...records] } }),
  };
}

/** How often a decision is sent whose answer doesn't come, and what a gateway says in place of it. */
const MOST_SENDINGS = 3;
const NO_ANSWER: readonly number[] = [502, 503, 504];

/** Sends again what can be sent again, while nobody says what became of it. */
async function untilAnswered<T>(send: () => Promise<T>): Promise<T> {
  for (let sending = 1; ; sending += 1) {
    try {
      return await send();
    } catch (error) {
      const isLost =
        error instanceof ApiUnreachable ||
        (error instanceof ApiRefusal && NO_ANSWER.includes(error.status));
      if (!isLost || sending === MOST_SENDINGS) throw error;
    }
  }
}

/** The fields that have a text. */
function present(
  fields: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}

async function exchange(
  url: string,
  init: RequestInit,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MILLIS) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new ApiUnreachable(new URL(url).origin, error);
  }
}
