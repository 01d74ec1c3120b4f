import { describe, expect, it } from 'vitest';
import type { Run } from '#domain/run.ts';
import { failureOf, reasonOf, stopOf } from '#release/run-ending.ts';

describe('how a run ended', () => {
  it('reads one line out of a Lambda’s cause, and of a sentence', () => {
    const cause = JSON.stringify({
      errorMessage: '[\n  { "path": ["rows"] }\n]',
      errorType: 'DataInvalid',
    });
    expect(reasonOf(cause)).toBe('[ { "path": ["rows"] } ]');
    expect(reasonOf('plain words\nmore')).toBe('plain words more');
    expect(reasonOf('')).toBeUndefined();
    expect(reasonOf('x'.repeat(2000))).toHaveLength(500);
  });

  it('tells a time-out from a failure', () => {
    expect(failureOf('States.Timeout', '')).toEqual({
      status: 'timed_out',
      error: 'States.Timeout',
      reason: 'no answer came in time',
    });
    expect(failureOf('Expired', 'nobody answered')).toMatchObject({ status: 'timed_out' });
    expect(failureOf('DataInvalid', 'no rows')).toMatchObject({ status: 'failed' });
  });
  it('keeps the reason of who cancelled, whatever becomes of the execution’s cause', () => {
    const cancelled = { cancelledBy: 'ana', reason: 'wrong branch' } as Run;
    expect(stopOf(cancelled, null)).toEqual({ status: 'cancelled', reason: 'wrong branch' });
    expect(stopOf(cancelled, 'said anew').reason).toBe('wrong branch');
    expect(stopOf({ cancelledBy: 'ana' } as Run, '').reason).toBe('cancelled by ana');
    expect(stopOf({} as Run, undefined).reason).toBe('the execution was stopped');
  });
});
