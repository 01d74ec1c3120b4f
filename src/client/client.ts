/** Speaks the HTTP API: one method a route, answers parsed, refusals as one line. */
import * as z from 'zod';
import { Problem } from '#contracts/api.ts';
import { tryParse, tryParseJson } from '#contracts/parse.ts';
import { TitleholderError } from '#domain/errors.ts';
import {
  ChampionAnswer,
  DecidedAnswer,
  EvidenceAnswer,
  HealthAnswer,
  LedgerAnswer,
  PredictAnswer,
  RolledBackAnswer,
  RunsAnswer,
  StartedAnswer,
  StatusAnswer,
  UploadsAnswer,
} from '#contracts/answers.ts';

/** The API said no, and why in one line. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(`${detail} (HTTP ${status})`);
    this.status = status;
  }
}

/** The API and this client disagree about an answer's shape. */
export class AnswerUnreadable extends Error {
  override readonly name = 'AnswerUnreadable';

  constructor(fields: string) {
    super(`the API answered what this version can't read: ${fields}`);
  }
}

export type Verb = 'continue' | 'approve' | 'reject' | 'cancel' | 'resume' | 'accept';

export interface ApiClient {
  readonly url: string;
  /** Any route, its answer unparsed: for what has no method here. */
  get(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<unknown>;
  post(path: string, body: unknown): Promise<unknown>;
  uploads(body: unknown): Promise<z.infer<typeof UploadsAnswer>>;
  commit(body: unknown): Promise<StartedAnswer>;
  start(model: string, commit: string): Promise<StartedAnswer>;
  runs(query: {
    readonly model?: string | undefined;
    readonly limit?: number | undefined;
    readonly cursor?: string | undefined;
  }): Promise<z.infer<typeof RunsAnswer>>;
  status(runId: string): Promise<StatusAnswer>;
  evidence(runId: string): Promise<z.infer<typeof EvidenceAnswer>>;
  decide(
    runId: string,
    verb: Verb,
    body: { readonly reason?: string | undefined; readonly digest?: string | undefined },
  ): Promise<DecidedAnswer>;
  rollback(body: {
    readonly model: string;
    readonly to?: number | undefined;
    readonly reason: string;
  }): Promise<z.infer<typeof RolledBackAnswer>>;
  champion(model: string, at?: string): Promise<z.infer<typeof ChampionAnswer>>;
  ledger(model: string): Promise<z.infer<typeof LedgerAnswer>>;
  health(model: string): Promise<z.infer<typeof HealthAnswer>>;
  predict(model: string, records: readonly unknown[]): Promise<z.infer<typeof PredictAnswer>>;
}

/**
 * A client of one API.
 * @param of.url the API's root, without a slash at its end. @param of.token null: no Authorization.
 */
export function apiClient(of: { readonly url: string; readonly token: string | null }): ApiClient {
  const root = of.url.replace(/\/+$/, '');
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (of.token !== null) headers['authorization'] = `Bearer ${of.token}`;

  async function call(path: string, init: RequestInit): Promise<unknown> {
    const { status, text } = await exchange(`${root}${path}`, { ...init, headers });
    const body = tryParseJson(z.unknown(), text);
    if (status >= 200 && status < 300 && body.ok) return body.value;
    const problem = tryParseJson(Problem, text);
    throw new Refused(
      status,
      problem.ok
        ? problem.value.detail
        : `the API gave no readable answer to ${init.method ?? 'GET'} ${path}`,
    );
  }
  const get: ApiClient['get'] = (path, query = {}) => {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) search.set(key, value);
    }
    return call(search.size > 0 ? `${path}?${search.toString()}` : path, { method: 'GET' });
  };
  const post: ApiClient['post'] = (path, body) =>
    call(path, { method: 'POST', body: JSON.stringify(body) });
  const runPath = (runId: string) => `/pipeline/${encodeURIComponent(runId)}`;

  return {
    url: root,
    get,
    post,
    uploads: async (body) => answer(UploadsAnswer, await post('/pipeline/uploads', body)),
    commit: async (body) => answer(StartedAnswer, await post('/pipeline/commit', body)),
    start: async (model, commit) =>
      answer(StartedAnswer, await post('/pipeline/start', { model, commit })),
    runs: async (query) =>
      answer(
        RunsAnswer,
        await get('/pipeline/runs', {
          model: query.model,
          limit: query.limit?.toString(),
          cursor: query.cursor,
        }),
      ),
    status: async (runId) => answer(StatusAnswer, await get(`${runPath(runId)}/status`)),
    evidence: async (runId) => answer(EvidenceAnswer, await get(`${runPath(runId)}/evidence`)),
    decide: async (runId, verb, body) =>
      answer(DecidedAnswer, await post(`${runPath(runId)}/${verb}`, body)),
    rollback: async (body) => answer(RolledBackAnswer, await post('/pipeline/rollback', body)),
    champion: async (model, at) => answer(ChampionAnswer, await get('/champion', { model, at })),
    ledger: async (model) => answer(LedgerAnswer, await get('/ledger', { model })),
    health: async (model) => answer(HealthAnswer, await get('/health', { model })),
    predict: async (model, records) =>
      answer(PredictAnswer, await post(`/predict?model=${encodeURIComponent(model)}`, { records })),
  };
}

/** One HTTP exchange; a host that doesn't answer within 60 s is told as unreachable. */
async function exchange(
  url: string,
  init: RequestInit,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(60_000) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new TitleholderError(
      'Unavailable',
      `nothing answers at ${new URL(url).origin}: is the stack up (npm start)?`,
      {},
      { cause: error },
    );
  }
}

function answer<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = tryParse(schema, value);
  if (parsed.ok) return parsed.value;
  throw new AnswerUnreadable(parsed.problem);
}
