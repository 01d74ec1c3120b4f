/** Errors as RFC 9457 problem documents. */
import type { ErrorName } from '#domain/errors.ts';
import { TitleholderError } from '#domain/errors.ts';

/** What API Gateway takes as a Lambda proxy's answer. */
export interface ProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Every named error's status; a new name without one doesn't compile. */
export const STATUS: Readonly<Record<ErrorName, number>> = {
  BadInput: 400,
  CommitUnknown: 404,
  CiReportRefused: 422,
  DataInvalid: 422,
  SettingsInvalid: 422,
  NoCandidateFitted: 422,
  OutOfTime: 422,
  HoldoutRefused: 422,
  // What is stored under a hash is ours to keep whole: the caller can only come back later.
  ArtifactInvalid: 503,
  ArtifactMissing: 503,
  ArtifactCorrupt: 503,
  ProvenanceMismatch: 409,
  EvidenceMismatch: 409,
  SmokeTestFailed: 409,
  PromotionNotVerified: 409,
  Conflict: 409,
  ChampionMoved: 409,
  ApprovalStale: 409,
  DecisionExists: 409,
  NoRollbackTarget: 409,
  TrackingUnavailable: 503,
  TrackingRefused: 502,
  Unavailable: 503,
  Unauthenticated: 401,
  Forbidden: 403,
  NotFound: 404,
  Expired: 410,
  TooLarge: 413,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad input',
  401: 'Not authenticated',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'Too large',
  422: 'Content refused',
  500: 'Defect',
  502: 'Refused by a dependency',
  503: 'Not available',
};

/** A JSON answer. */
export function json(statusCode: number, body: unknown): ProxyAnswer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}

/** A problem document; `error` is the literal name, `details` names and numbers for a program. */
export function problem(
  status: number,
  error: string,
  detail: string,
  more: {
    readonly details?: Readonly<Record<string, string | number | boolean | null>>;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): ProxyAnswer {
  const details = more.details ?? {};
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...more.headers,
    },
    body: JSON.stringify({
      type: `urn:titleholder:error:${error}`,
      title: TITLES[status] ?? 'Error',
      status,
      // One line, whatever a dependency put into its message.
      detail: detail.replace(/\s+/g, ' ').trim(),
      error,
      ...(Object.keys(details).length > 0 && { details }),
    }),
  };
}

/**
 * What was thrown, as an answer. An unexpected error says nothing of itself but an id to look for in
 * the log.
 */
export function problemOf(thrown: unknown, requestId: string): ProxyAnswer {
  if (!(thrown instanceof TitleholderError)) {
    return problem(500, 'Defect', `this is a defect; the log has it under request ${requestId}`);
  }
  const status = STATUS[thrown.name];
  return problem(status, thrown.name, thrown.message, {
    details: thrown.details,
    headers: {
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(status === 503 && { 'retry-after': '1' }),
    },
  });
}
