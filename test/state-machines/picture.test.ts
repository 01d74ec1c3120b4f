import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { diagram, withPicture } from '../../state-machines/release-model/picture.ts';

it("shows in the README the machine's definition as it is", () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
  expect(readme).toBe(withPicture(readme));
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
