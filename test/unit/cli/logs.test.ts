import { expect, it } from 'vitest';
import { logWords } from '../../../cli/remote/logs.ts';

const line = (text: string) => ({
  at: '2026-11-21T15:09:18.168Z',
  function: 'titleholder-local-close-run',
  text,
});

it('tells a function’s JSON as words, without the run that was asked for', () => {
  const text = JSON.stringify({ message: 'closed', runId: 'm-1-2', model: 'm', error: null, n: 3 });
  expect(logWords(line(text), 'm-1-2')).toBe(
    '15:09:18.168  close-run             closed  (model=m, n=3)',
  );
});

it('leaves alone what is no JSON of ours', () => {
  for (const text of ['END RequestId: 1', '{"message":3}', '{not json', '']) {
    expect(logWords(line(text), 'm-1-2')).toBe(`15:09:18.168  close-run             ${text}`);
  }
});
