/** The digest of the code that decides: what training and evaluation compute depends on it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';

const PROJECT = resolve(import.meta.dirname, '..');
/** `contracts` has the defaults of settings. */
export const ROOMS = [
  'src/contracts',
  'src/dataset',
  'src/domain',
  'src/evaluation',
  'src/learning',
  'src/plots',
  'src/training',
] as const;
/** What these rooms import; what that depends on is in package-lock.json. */
const PACKAGES = [
  '@noble/hashes',
  'canonicalize',
  'csv-parse',
  'hyparquet',
  'hyparquet-compressors',
  'ml-random-forest',
  'simple-statistics',
  'vega',
  'vega-lite',
  'zod',
];

/**
 * `sha256:<64 hex>` over path and content of every .ts file of these rooms, in
 * the order of their paths, then over the locked packages. The same sources give the same digest on every
 * machine.
 */
export function codeDigest(project: string = PROJECT): string {
  const hash = createHash('sha256');
  for (const path of ROOMS.flatMap((room) => sourcesOf(project, room)).sort()) {
    const content = createHash('sha256')
      .update(readFileSync(join(project, path)))
      .digest('hex');
    hash.update(`${path}\0${content}\n`);
  }
  for (const [path, locked] of [...lockedPackages(project)].sort(byPath)) {
    hash.update(`${path}\0${locked}\n`);
  }
  return `sha256:${hash.digest('hex')}`;
}

function byPath([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

function sourcesOf(project: string, room: string): string[] {
  return readdirSync(join(project, room), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `${room}/${path.replaceAll('\\', '/')}`);
}

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      dependencies: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

/**
 * The packages that the rooms run with, and all that those need: path in node_modules → version and
 * integrity, as package-lock.json has them. Throws naming one that it lacks.
 */
export function lockedPackages(project: string = PROJECT): ReadonlyMap<string, string> {
  const { packages } = Lock.parse(
    JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')),
  );
  const found = new Map<string, string>();
  const visit = (name: string, from: string): void => {
    const path = nearest(name, from, packages);
    const locked = packages[path];
    if (locked === undefined) throw new Error(`package-lock.json lacks ${name}`);
    if (found.has(path)) return;
    found.set(path, `${locked.version ?? ''} ${locked.integrity ?? ''}`);
    for (const needed of Object.keys(locked.dependencies)) visit(needed, path);
  };
  for (const name of PACKAGES) visit(name, '');
  return found;
}

/** Where Node finds a package: in the folder of who needs it, else further up. */
function nearest(name: string, from: string, packages: Readonly<Record<string, unknown>>): string {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (from === '' || path in packages) return path;
  return nearest(name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), packages);
}
