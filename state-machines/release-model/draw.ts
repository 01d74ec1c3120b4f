/** `node state-machines/release-model/draw.ts` draws the README's picture anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { withPicture } from './picture.ts';

const readme = resolve(import.meta.dirname, '../../README.md');
writeFileSync(readme, withPicture(readFileSync(readme, 'utf8')));
