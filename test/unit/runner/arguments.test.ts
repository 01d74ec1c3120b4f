import { expect, it } from 'vitest';
import { parse } from '../../runner/arguments.ts';

it.each([
  [['check'], { kind: 'parts', tier: 'check', parts: ['quick', 'tools'] }],
  [['check', 'src', 'a.md'], { kind: 'paths', paths: ['src', 'a.md'] }],
  [['check', '--watch'], { kind: 'watch' }],
  [
    ['prove', '--only', 'stack', '--only', 'quick'],
    { kind: 'parts', tier: 'prove', parts: ['quick', 'stack'] },
  ],
])('%j is understood', (typed, asked) => {
  expect(parse(typed)).toEqual(asked);
});

it.each([
  [[], 'there is no tier ""'],
  [['prov'], 'there is no tier "prov"'],
  [['test', 'src'], 'test takes no paths and no --watch'],
  [['check', '--watch', 'src'], '--watch takes no paths: it runs what a saved file concerns'],
  [['check', '--only', 'quick', 'src'], '--only goes with neither paths nor --watch'],
  [['prove', '--only', 'stak'], 'prove has no part "stak"'],
  [['check', '--only', 'stack'], 'check has no part "stack"'],
])('%j is refused', (typed, line) => {
  expect(() => parse(typed)).toThrow(line);
});
