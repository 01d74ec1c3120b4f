import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import {
  BOXES,
  diagram,
  overview,
  PICTURES,
  withPicture,
} from '../../state-machines/release-model/picture.ts';
import { releaseModel } from '../../state-machines/release-model/definition.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

it.each(Object.entries(PICTURES))("%s shows the machine's definition as it is", (file, draw) => {
  const document = readFileSync(join(PROJECT, file), 'utf8');
  expect(document).toBe(withPicture(document, draw()));
});

it('has seven boxes, and a state outside them leads into none', () => {
  expect(Object.keys(BOXES)).toEqual([
    'commit',
    'validate',
    'train',
    'judge',
    'approve',
    'stage',
    'promote',
  ]);
  const boxed = Object.values(BOXES).flat();
  expect(new Set(boxed).size).toBe(boxed.length);
  const { States } = releaseModel as { States: Record<string, unknown> };
  expect(boxed.filter((state) => !(state in States))).toEqual([]);
  const outside = Object.keys(States).filter((state) => !boxed.includes(state));
  const next = JSON.stringify(outside.map((state) => States[state])).matchAll(/"Next":"(\w+)"/g);
  const reached = new Set([...next].map(([, state]) => state));
  expect(boxed.filter((state) => reached.has(state))).toEqual([]);
});

it('draws the ways between boxes, named at a fork, and the ways back', () => {
  const definition = {
    StartAt: 'A',
    States: {
      A: { Type: 'Task', Next: 'IsB' },
      IsB: { Type: 'Choice', Choices: [{ StringEquals: 'go', Next: 'C' }], Default: 'Lost' },
      C: {
        Type: 'Task',
        Next: 'IsD',
        Catch: [
          { ErrorEquals: ['Moved'], Next: 'A' },
          { ErrorEquals: ['States.ALL'], Next: 'Lost' },
        ],
      },
      IsD: {
        Type: 'Choice',
        Choices: [
          { StringEquals: 'ask', Next: 'D' },
          { StringEquals: 'skip', Next: 'E' },
        ],
      },
      D: { Type: 'Task', Next: 'E' },
      E: { Type: 'Succeed' },
      Lost: { Type: 'Fail' },
    },
  };
  const drawn = overview(definition, {
    one: ['A', 'IsB'],
    two: ['C', 'IsD'],
    three: ['D'],
    four: ['E'],
  });
  expect(drawn.split('\n').filter((line) => line.includes('-->'))).toEqual([
    '  one --> two',
    '  two -->|again| one',
    '  two -->|ask| three',
    '  two -->|skip| four',
    '  three --> four',
  ]);
});

it('draws every state of a definition and each way out of it', () => {
  const drawn = diagram({
    StartAt: 'Ask',
    States: {
      Ask: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Next: 'IsYes',
      },
      IsYes: { Type: 'Choice', Choices: [{ StringEquals: 'yes', Next: 'Done' }], Default: 'Lost' },
      Done: { Type: 'Succeed' },
      Lost: { Type: 'Fail' },
    },
  });
  for (const line of [
    '[*] --> Ask',
    'Ask: Ask (waits)',
    'Ask --> IsYes',
    'IsYes --> Done: yes',
    'Done --> [*]',
    'Lost --> [*]',
  ]) {
    expect(drawn).toContain(`  ${line}\n`);
  }
});
