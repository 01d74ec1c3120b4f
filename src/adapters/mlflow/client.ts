/**
 * MLflow's REST API: one request with its bounded retries, answers parsed, faults named.
 *
 * MLflow believes what it is sent (a float timestamp drops a whole batch with HTTP 200), so bodies are
 * built from typed values only and checked before they are sent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { tryParseJson } from '#contracts/parse.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { HttpResponse, HttpCall, HttpRequest } from '#adapters/aws/clients.ts';

export const API = '/api/2.0/mlflow';

/** MLflow's SQL pool breaks at 20 parallel requests; at most this many of a client. */
const MAX_IN_FLIGHT = 10;
/** One attempt; a healthy server answers in 20 ms, a jammed one after 30 s. */
const ATTEMPT_MILLIS = 8_000;
/** 100 ms · 2^n with full jitter, at most 2 s: within 20 s about ten attempts at a dead server. */
const BACKOFF_MILLIS = 100;
const MAX_BACKOFF_MILLIS = 2_000;

/** One whole operation may take so long, retries included. */
export interface Deadline {
  remaining(): number;
}
export function deadlineIn(millis: number): Deadline {
  const end = performance.now() + millis;
  return { remaining: () => end - performance.now() };
}

/** MLflow's own word for what was wrong. */
class Refused extends TitleholderError {
  readonly code: string;
  constructor(code: string, status: number, path: string, message: string) {
    super('TrackingRefused', `MLflow refused ${path}: ${code} ${message}`.slice(0, 500), {
      code,
      status,
      path,
    });
    this.code = code;
  }
}

/** Whether MLflow refused with this word. */
export function isRefused(
  error: unknown,
  code: 'RESOURCE_DOES_NOT_EXIST' | 'RESOURCE_ALREADY_EXISTS',
): boolean {
  return error instanceof Refused && error.code === code;
}

/** MLflow's tags and parameters. */
export const Pairs = z
  .array(z.object({ key: z.string(), value: z.string().default('') }))
  .default([]);

/** An answer whose content is ignored. */
export const Ignored = z.unknown();

/** Answers at most so many entries a page. */
export const PAGE = 1000;

export interface MlflowClient {
  get<T>(path: string, query: Query, answer: z.ZodType<T>, deadline: Deadline): Promise<T>;
  /** POST, PATCH or DELETE with a JSON body. */
  send<T>(
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: object,
    answer: z.ZodType<T>,
    deadline: Deadline,
  ): Promise<T>;
  putFile(path: string, bytes: Uint8Array, contentType: string, deadline: Deadline): Promise<void>;
  /** One attempt without retries: is the server there? */
  ping(timeoutMillis: number): Promise<boolean>;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export function mlflowClient(call: HttpCall): MlflowClient {
  const slots = semaphore(MAX_IN_FLIGHT);

  const exchange = async (
    request: Omit<HttpRequest, 'timeoutMillis'>,
    deadline: Deadline,
  ): Promise<string> => {
    let last = 'no time left';
    for (let attempt = 0; ; attempt++) {
      const left = deadline.remaining();
      if (left <= 0) throw unavailable(request.path, last);
      const answer = await slots(deadline, () =>
        call({ ...request, timeoutMillis: Math.min(ATTEMPT_MILLIS, deadline.remaining()) }).catch(
          (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
        ),
      );
      if (answer === undefined) throw unavailable(request.path, last);
      if (answer instanceof Error) last = describe(answer);
      else if (answer.status < 300) return answer.text;
      else if (isTransient(answer)) last = `HTTP ${answer.status}`;
      else throw refusalOf(answer, request.path);
      const pause = Math.min(MAX_BACKOFF_MILLIS, BACKOFF_MILLIS * 2 ** attempt) * Math.random();
      await sleep(Math.max(0, Math.min(pause, deadline.remaining())));
    }
  };

  return {
    async get(path, query, answer, deadline) {
      const search = new URLSearchParams();
      for (const [key, value] of Object.entries(query)) {
        if (value !== undefined) search.set(key, String(value));
      }
      const text = await exchange(
        { method: 'GET', path: `${path}?${search.toString()}` },
        deadline,
      );
      return parsed(answer, text, path);
    },
    async send(method, path, body, answer, deadline) {
      const text = await exchange({ method, path, body: JSON.stringify(body) }, deadline);
      return parsed(answer, text, path);
    },
    async putFile(path, bytes, contentType, deadline) {
      await exchange({ method: 'PUT', path, body: new Uint8Array(bytes), contentType }, deadline);
    },
    async ping(timeoutMillis) {
      try {
        return (await call({ method: 'GET', path: '/health', timeoutMillis })).status === 200;
      } catch {
        return false;
      }
    },
  };
}

function parsed<T>(schema: z.ZodType<T>, text: string, path: string): T {
  const read = tryParseJson(schema, text);
  if (read.ok) return read.value;
  throw new TitleholderError(
    'TrackingRefused',
    `MLflow's answer to ${path} is not in the known form: ${read.problem}`.slice(0, 500),
    { path },
  );
}

/** "QueuePool limit … reached" is a jam that MLflow calls BAD_REQUEST. */
function isTransient({ status, text }: HttpResponse): boolean {
  return (
    status >= 500 ||
    status === 429 ||
    status === 408 ||
    (status === 400 && /QueuePool|database is locked/.test(text))
  );
}

const Failure = z.looseObject({ error_code: z.string(), message: z.string().default('') });

/** Some failures are HTML or plain text: then the status is all there is. */
function refusalOf({ status, text }: HttpResponse, path: string): Refused {
  const failure = tryParseJson(Failure, text);
  return failure.ok
    ? new Refused(failure.value.error_code, status, path, failure.value.message)
    : new Refused(`HTTP_${status}`, status, path, '');
}

function unavailable(path: string, last: string): TitleholderError {
  return new TitleholderError(
    'TrackingUnavailable',
    `MLflow does not answer ${path.split('?')[0] ?? path} (${last})`,
    { last },
  );
}

function describe(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}

/** Runs at most `size` at once; undefined when the deadline passed in the queue. */
function semaphore(size: number) {
  let running = 0;
  const queue: (() => void)[] = [];
  return async <T>(deadline: Deadline, work: () => Promise<T>): Promise<T | undefined> => {
    if (running >= size) {
      // The call that ends hands its place over, so `running` stays as it is.
      await new Promise<void>((resolve) => queue.push(resolve));
    } else running++;
    try {
      return deadline.remaining() <= 0 ? undefined : await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
