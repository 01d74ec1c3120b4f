/** What a tree looks like: rooms and arrows, circles, what is largest, and which limit is broken. */
import type { SourceFile, Tree } from './read-tree.ts';

export const MOST_FILE_LINES = 500;
/** Outside tests and the engine, whose kernels are one loop each. */
export const MOST_FUNCTION_LINES = 100;

export interface Room {
  readonly name: string;
  readonly files: number;
  /** Of sources; generated ones don't count. */
  readonly lines: number;
  /** Other rooms of the same floor, in order. */
  readonly imports: readonly string[];
}

export interface Long {
  readonly name: string;
  readonly lines: number;
}

export interface Shape {
  readonly folders: readonly Room[];
  /** The folders of src/. */
  readonly rooms: readonly Room[];
  /** Files or rooms that import each other, each once. */
  readonly circles: readonly (readonly string[])[];
  /** Written by hand, the longest first. */
  readonly files: readonly Long[];
  /** Those that the limit is for, the longest first. */
  readonly functions: readonly Long[];
  /** One line each. */
  readonly broken: readonly string[];
}

export function shapeOf(tree: Tree): Shape {
  const byHand = tree.sources.filter((file) => !file.isGenerated);
  const folders = roomsOf(tree, '');
  const rooms = roomsOf(tree, 'src/');
  const arrows = (of: readonly Room[]) => new Map(of.map(({ name, imports }) => [name, imports]));
  const circles = [
    ...circlesOf(new Map(tree.sources.map(({ path, imports }) => [path, imports]))),
    ...circlesOf(arrows(folders)),
    ...circlesOf(arrows(rooms)),
  ];
  const files = byHand
    .map(({ path, lines }) => ({ name: path, lines }))
    .sort((a, b) => b.lines - a.lines);
  const functions = byHand
    .filter(({ path }) => !/^(test|src\/learning)\//.test(path))
    .flatMap(({ path, functions: own }) =>
      own.map(({ name, line, lines }) => ({ name: `${path}:${line} ${name}`, lines })),
    )
    .sort((a, b) => b.lines - a.lines);
  const over = (long: readonly Long[], limit: number): string[] =>
    long
      .filter(({ lines }) => lines > limit)
      .map(({ name, lines }) => `${name}: ${lines} lines, more than ${limit}`);
  return {
    folders,
    rooms,
    circles,
    files,
    functions,
    broken: [
      ...over(files, MOST_FILE_LINES),
      ...over(functions, MOST_FUNCTION_LINES),
      ...circles.map((circle) => `a circle: ${circle.join(', ')}`),
    ],
  };
}

/** The folders right under a place, with the arrows between them. */
function roomsOf({ paths, sources }: Tree, under: string): readonly Room[] {
  const roomOf = (path: string): string | undefined => {
    const [room, ...rest] = path.slice(under.length).split('/');
    return path.startsWith(under) && rest.length > 0 ? room : undefined;
  };
  const names = new Set(paths.map(roomOf).filter((name) => name !== undefined));
  return [...names].map((name) => {
    const own = sources.filter(({ path }) => roomOf(path) === name);
    const imported = new Set(own.flatMap(({ imports }) => imports.map(roomOf)));
    imported.delete(name);
    return {
      name,
      files: paths.filter((path) => roomOf(path) === name).length,
      lines: linesOf(own),
      imports: [...imported].filter((room) => room !== undefined).sort(),
    };
  });
}

function linesOf(sources: readonly SourceFile[]): number {
  return sources.reduce((sum, { lines, isGenerated }) => sum + (isGenerated ? 0 : lines), 0);
}

/**
 * The groups of nodes that reach each other, in order (R. Tarjan, Depth-first search and linear graph
 * algorithms, SIAM J. Comput. 1, 1972).
 */
export function circlesOf(
  arrows: ReadonlyMap<string, readonly string[]>,
): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const circles: string[][] = [];
  /** The earliest node on the stack that this one reaches. */
  const visit = (node: string): number => {
    const own = order.size;
    order.set(node, own);
    stack.push(node);
    open.add(node);
    let lowest = own;
    for (const next of arrows.get(node) ?? []) {
      const seen = order.get(next);
      if (seen === undefined) lowest = Math.min(lowest, visit(next));
      else if (open.has(next)) lowest = Math.min(lowest, seen);
    }
    if (lowest === own) {
      const group = stack.splice(stack.indexOf(node));
      for (const member of group) open.delete(member);
      if (group.length > 1) circles.push(group.sort());
    }
    return lowest;
  };
  for (const node of arrows.keys()) if (!order.has(node)) visit(node);
  return circles;
}
