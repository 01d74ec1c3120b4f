import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { drawStateMachine } from '../../state-machines/release-model/picture.ts';

it('docs/state-machine.md is the picture of the definition (else: node state-machines/release-model/draw.ts)', () => {
  const file = resolve(import.meta.dirname, '../../docs/state-machine.md');
  expect(readFileSync(file, 'utf8')).toBe(drawStateMachine());
});
