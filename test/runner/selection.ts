/** Which tests a few files concern, and whether a test was missed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import * as z from 'zod';
import { PROJECT } from './jobs.ts';
import { OPENED, WITHOUT_STACK } from './parts.ts';
import { isSource, type Named, type Reach, reach } from './reach.ts';

/** What every test or tool depends on, whatever its text says. */
const EVERYTHING =
  /^(package(-lock)?\.json|tsconfig\.json|vitest\.config\.ts|eslint\.config\.js|biome\.json|knip\.json)$/;
const HERE = Object.values(WITHOUT_STACK).flat();
/** They judge the tree itself (documents, lists of files, sizes), so any of its files concerns them. */
const OF_THE_TREE: readonly string[] = [
  'test/unit/contributing.test.ts',
  'test/unit/docs.test.ts',
  'test/unit/structure.test.ts',
];

export interface Selection {
  /** The files themselves, from the project's root; a folder's are all of them. */
  readonly paths: readonly string[];
  /** The tests that reach them and need no local stack. */
  readonly tests: readonly string[];
  /** Those that need one. */
  readonly onTheStack: readonly string[];
  /** Those of the paths that concern every test. */
  readonly everything: readonly string[];
}

/**
 * @param given as somebody typed them in the folder `from`
 * @throws Error whose message is the line to show, when a path is none of the project's files
 */
export function select(
  given: readonly string[],
  from: string,
  { files, of }: Reach = reach(PROJECT),
): Selection {
  const paths = given.flatMap((path) => {
    const inProject = relative(PROJECT, resolve(from, path));
    const found = files.filter(
      (file) => inProject === '' || file === inProject || file.startsWith(`${inProject}/`),
    );
    if (found.length === 0) throw new Error(`${path} is no file of this project`);
    return found;
  });
  const concerned = testsOf({ files, of }, new Set(paths));
  return {
    paths: [...new Set(paths)].sort(),
    tests: concerned.filter(isWithoutStack),
    onTheStack: concerned.filter((test) => !isWithoutStack(test)),
    everything: paths.filter((path) => EVERYTHING.test(path)),
  };
}

/** What vitest's watch mode asks: which tests a saved file concerns, as absolute paths. */
export function watched(): (saved: string) => string[] {
  const known = new Map<string, Named>();
  // Everything is read now, so that the first save doesn't wait for it.
  testsOf(reach(PROJECT, known), new Set());
  return (saved) => {
    const path = relative(PROJECT, saved);
    if (!isSource(path)) return [];
    known.delete(path);
    return testsOf(reach(PROJECT, known), new Set([path]))
      .filter(isWithoutStack)
      .map((test) => join(PROJECT, test));
  };
}

function isWithoutStack(test: string): boolean {
  return HERE.some((folder) => test.startsWith(folder));
}

function testsOf({ files, of }: Reach, paths: ReadonlySet<string>): string[] {
  return files
    .filter((file) => /^test\/.*\.test\.ts$/.test(file))
    .filter(
      (test) =>
        (paths.size > 0 && OF_THE_TREE.includes(test)) ||
        [...of(test)].some((file) => paths.has(file)),
    );
}

/** What each test opened just now, by what opened.ts wrote. */
export function openedByTests(): ReadonlyMap<string, readonly string[]> {
  const lists = readdirSync(OPENED).map((name) =>
    z.array(z.string()).parse(JSON.parse(readFileSync(join(OPENED, name), 'utf8'))),
  );
  return new Map(lists.map(([test = '', ...opened]) => [test, opened]));
}

/** What tests opened without being found to reach it: a line a test, none when all is well. */
export function missed(
  of: Reach['of'],
  openedBy: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  return [...openedBy].flatMap(([test, opened]) => {
    const reached = [...of(test)];
    // It reads every source, to find this out.
    if (reached.includes('test/runner/reach.ts') || OF_THE_TREE.includes(test)) return [];
    const unnamed = opened.filter(
      (path) => !reached.some((file) => file === path || file.startsWith(`${path}/`)),
    );
    if (unnamed.length === 0) return [];
    const [first = ''] = unnamed;
    const more = unnamed.length === 1 ? '' : ` and ${unnamed.length - 1} more`;
    return [`${test} opens ${first}${more}, but neither it nor what it imports names that path`];
  });
}
