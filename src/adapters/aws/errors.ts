/** Separates the SDK's errors: the service didn't answer, or it answered with a refusal. */
import { TitleholderError } from '#domain/errors.ts';

/** Whether the SDK's error has one of these names. */
export function isAwsError(error: unknown, ...names: readonly string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}

/** How often the SDK sent this call; over 1, an earlier attempt may have acted already. */
export function attemptsOf(error: unknown): number {
  const attempts = number(member(error, '$metadata'), 'attempts');
  return attempts ?? 1;
}

const TRANSIENT_NAMES = [
  'TimeoutError',
  'AbortError',
  'RequestTimeout',
  'RequestTimeoutException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'SlowDown',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'InternalServerError',
  'InternalFailure',
  'InternalError',
  'InternalException',
  'TransactionInProgressException',
];
const TRANSIENT_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

/**
 * Whether no clear answer came: the network, a time-out, a throttle or a 5xx. A write that ended like
 * this may or may not have happened.
 */
export function isAmbiguous(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (TRANSIENT_NAMES.includes(error.name)) return true;
  const code = member(error, 'code');
  if (typeof code === 'string' && TRANSIENT_CODES.includes(code)) return true;
  const status = number(member(error, '$metadata'), 'httpStatusCode');
  return status !== undefined && (status >= 500 || status === 429);
}

/**
 * Runs a call; what the SDK gave up on becomes `Unavailable`. A refusal (AccessDenied, Validation…)
 * stays what it is: retrying doesn't help, and hiding it would.
 */
export async function reaching<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isAmbiguous(error) ? unavailable(what, error) : error;
  }
}

export function unavailable(what: string, cause: unknown): TitleholderError {
  const name = cause instanceof Error ? cause.name : 'unknown';
  return new TitleholderError(
    'Unavailable',
    `${what} does not answer (${name})`,
    { service: what, cause: name },
    { cause },
  );
}

function member(of: unknown, name: string): unknown {
  if (typeof of !== 'object' || of === null) return undefined;
  const found: unknown = Reflect.get(of, name);
  return found;
}
function number(of: unknown, name: string): number | undefined {
  const found = member(of, name);
  return typeof found === 'number' ? found : undefined;
}
