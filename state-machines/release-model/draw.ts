/** `node state-machines/release-model/draw.ts` draws the pictures of the documents anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PICTURES, withPicture } from './picture.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
for (const [file, draw] of Object.entries(PICTURES)) {
  const path = join(PROJECT, file);
  writeFileSync(path, withPicture(readFileSync(path, 'utf8'), draw()));
}
