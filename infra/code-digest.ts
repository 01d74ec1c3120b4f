/** The digest of the code that decides: what training and evaluation compute depends on it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import * as z from 'zod';

const PROJECT = resolve(import.meta.dirname, '..');
/**
 * Where everything begins that an artifact's or an evidence's bytes depend on: reading and splitting a
 * table, fitting and choosing candidates, judging. Pictures, storage, HTTP and infrastructure are not
 * reached from here.
 */
const ENTRIES = [
  'src/dataset/parquet.ts',
  'src/dataset/prepare.ts',
  'src/dataset/update-holdout.ts',
  'src/training/train.ts',
  'src/evaluation/evaluate.ts',
] as const;

/**
 * `sha256:<64 hex>` over path and bytes of every file that the entries import, directly or not, as the
 * bundler finds them, and over version and integrity of every package that those files need, as
 * package-lock.json has them. Both in the order of their paths, so that it is the same on every machine.
 *
 * An import of types alone changes no bytes and does not count. A comment in a covered file does.
 */
export function codeDigest(project: string = PROJECT): string {
  const { files, packages } = decidingCode(project);
  const hash = createHash('sha256');
  for (const path of files) {
    const content = createHash('sha256')
      .update(readFileSync(join(project, path)))
      .digest('hex');
    hash.update(`${path}\0${content}\n`);
  }
  for (const [path, locked] of packages) hash.update(`${path}\0${locked}\n`);
  return `sha256:${hash.digest('hex')}`;
}

export interface DecidingCode {
  /** Paths below the project, sorted. */
  readonly files: readonly string[];
  /** Path in node_modules → version and integrity, sorted by path. */
  readonly packages: ReadonlyMap<string, string>;
}

/** Throws where an import leads nowhere, and naming a package that package-lock.json lacks. */
export function decidingCode(project: string = PROJECT): DecidingCode {
  const { metafile } = buildSync({
    absWorkingDir: project,
    entryPoints: [...ENTRIES],
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'nowhere',
    format: 'esm',
    platform: 'node',
    // The lock file fixes the packages' content, and hashing that takes four times as long.
    packages: 'external',
    // An import counts even where none of its names is used; an import of types doesn't.
    ignoreAnnotations: true,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    logLevel: 'silent',
  });
  const needed = Object.values(metafile.inputs)
    .flatMap(({ imports }) => imports)
    .filter(({ external, path }) => external === true && !path.startsWith('node:'))
    .map(({ path }) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path);
  return {
    files: Object.keys(metafile.inputs).sort(),
    packages: lockedPackages(project, new Set(needed)),
  };
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

/** These packages and all that they need themselves. */
function lockedPackages(project: string, names: Iterable<string>): ReadonlyMap<string, string> {
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
  for (const name of names) visit(name, '');
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where Node finds a package: in the folder of who needs it, else further up. */
function nearest(name: string, from: string, packages: Readonly<Record<string, unknown>>): string {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (from === '' || path in packages) return path;
  return nearest(name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), packages);
}
