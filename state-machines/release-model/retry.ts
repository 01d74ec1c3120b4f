import { ERROR_ROUTES } from './errors.ts';

/**
 * The Retry of every Task: what may pass by itself is tried 5 more times.
 *
 * The waits double from 1 s: at most 1 + 2 + 4 + 8 + 16 = 31 s in all, on top of the retries that the
 * adapters make themselves. Full jitter draws each wait between 0 and its limit, so that runs that
 * failed together do not come back together.
 */
export const RETRY = {
  ErrorEquals: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
    ...Object.entries(ERROR_ROUTES).flatMap(([error, route]) =>
      route === 'retried' ? [error] : [],
    ),
  ],
  IntervalSeconds: 1,
  MaxAttempts: 5,
  BackoffRate: 2,
  JitterStrategy: 'FULL',
} as const;
