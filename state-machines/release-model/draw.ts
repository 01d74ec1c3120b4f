/** `node state-machines/release-model/draw.ts` writes docs/state-machine.md anew. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { drawStateMachine } from './picture.ts';

writeFileSync(resolve(import.meta.dirname, '../../docs/state-machine.md'), drawStateMachine());
