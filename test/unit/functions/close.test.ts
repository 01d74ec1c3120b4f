import { describe, expect, it } from 'vitest';
import { failureOf, reasonOf } from '../../../release/close.ts';

describe('how a run ended', () => {
  it('reads one line out of a Lambda’s cause, and of a sentence', () => {
    const cause = JSON.stringify({
      errorMessage: 'row 3 is ragged\n at x',
      errorType: 'DataInvalid',
    });
    expect(reasonOf(cause)).toBe('row 3 is ragged');
    expect(reasonOf('plain words\nmore')).toBe('plain words');
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
});
