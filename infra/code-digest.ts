/** The digest of the code that decides: what training and evaluation compute depends on these rooms. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PROJECT = resolve(import.meta.dirname, '..');
/** `contracts` has the defaults of settings. */
const ROOMS = ['contracts', 'dataset', 'domain', 'learning', 'plots', 'trial'] as const;

/**
 * `sha256:<64 hex>` over path and content of every .ts file of these rooms, in
 * the order of their paths. The same sources give the same digest on every machine.
 */
export function codeDigest(project: string = PROJECT): string {
  const hash = createHash('sha256');
  for (const path of ROOMS.flatMap((room) => sourcesOf(project, room)).sort()) {
    const content = createHash('sha256')
      .update(readFileSync(join(project, path)))
      .digest('hex');
    hash.update(`${path}\0${content}\n`);
  }
  return `sha256:${hash.digest('hex')}`;
}

function sourcesOf(project: string, room: string): string[] {
  return readdirSync(join(project, room), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `${room}/${path.replaceAll('\\', '/')}`);
}
