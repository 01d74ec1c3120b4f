/**
 * Which files each test reaches: by what it imports, and by what it and its imports name in their text.
 *
 * A module graph alone misses a test that reads a document, a state machine or a Python source, or that
 * starts a program of this project. So each path that stands in a source as a literal counts: alone
 * (`'docs/runbook.md'`), joined (`join(PROJECT, 'models', name, 'model.json')`, where a part that isn't a
 * literal stands for anything), or relative to the source (`new URL('./grow-shard.ts', import.meta.url)`).
 * A named program is followed like an import. A named folder stands for the files below it, which count
 * as read and aren't followed. Too many is the safe side: a word that happens to be a path runs a test
 * more. What is missed all the same, opened.ts finds.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';

const NOT_SOURCES = /^(node_modules|\.git|\.local|cdk\.out|dist|coverage|__pycache__)$/;
const PROGRAM = /\.(ts|mjs|cjs|js)$/;
/** Calls whose arguments are parts of one path. */
const JOINS = /^(join|resolve|URL)$/;
const PATH = /^[\w@.*/-]+$/;

/** What a source names, as paths from the project's root; `*` stands for a part that isn't literal. */
export interface Named {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

export interface Reach {
  /** Every file of the project, in order. */
  readonly files: readonly string[];
  /** The files that a test reaches, itself included. */
  readonly of: (test: string) => ReadonlySet<string>;
}

/**
 * Reads the sources below `root`; paths are relative to it, with slashes.
 *
 * @param known what sources name that were read before; read ones are added
 */
export function reach(root: string, known = new Map<string, Named>()): Reach {
  const files = filesBelow(root).sort();
  const tree = pathTree(files);
  const found = new Map<string, Named>();
  const namedIn = (file: string): Named => {
    const before = found.get(file);
    if (before !== undefined) return before;
    const named = known.get(file) ?? readNamed(file, () => readFileSync(join(root, file), 'utf8'));
    known.set(file, named);
    const there = { files: tree.filesOf(named.files), folders: tree.filesBelow(named.folders) };
    found.set(file, there);
    return there;
  };
  const of = (test: string): ReadonlySet<string> => {
    const reached = new Set<string>();
    const followed = new Set<string>();
    const toFollow = [test];
    for (let file = toFollow.pop(); file !== undefined; file = toFollow.pop()) {
      if (followed.has(file)) continue;
      followed.add(file);
      reached.add(file);
      const { files, folders } = namedIn(file);
      for (const one of files) toFollow.push(one);
      for (const one of folders) reached.add(one);
    }
    return reached;
  };
  return { files, of };
}

/** Whether a path, from the project's root, is neither installed, built nor written by a run. */
export function isSource(path: string): boolean {
  return !path.split('/').some((part) => NOT_SOURCES.test(part));
}

function filesBelow(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (!isSource(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(root, path) : [path];
  });
}

/** Finds the files and folders that a path names, a path with `*` too. */
function pathTree(files: readonly string[]) {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    for (let at = dirname(file); at !== '.'; at = dirname(at)) {
      folders.set(at, [...(folders.get(at) ?? []), file]);
    }
  }
  const foldersLike = lookUp([...folders.keys()]);
  const filesLike = lookUp(files);
  const unique = (paths: readonly string[], find: (path: string) => readonly string[]) => [
    ...new Set([...new Set(paths)].flatMap(find)),
  ];
  return {
    filesOf: (paths: readonly string[]) => unique(paths, filesLike),
    filesBelow: (paths: readonly string[]) =>
      unique(paths, (path) => foldersLike(path).flatMap((folder) => folders.get(folder) ?? [])),
  };
}

function lookUp(paths: readonly string[]): (path: string) => readonly string[] {
  const known = new Set(paths);
  const before = new Map<string, readonly string[]>();
  return (path) => {
    if (!path.includes('*')) return known.has(path) ? [path] : [];
    const found = before.get(path) ?? paths.filter((one) => like(path).test(one));
    before.set(path, found);
    return found;
  };
}

/** `*` is any part of a path. */
function like(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^$()|[\]{}\\?]/g, '\\$&').replaceAll('*', '[^/]*');
  return new RegExp(`^${escaped}$`);
}

function readNamed(file: string, read: () => string): Named {
  if (PROGRAM.test(file)) return namedByProgram(file, read());
  // A fixture may say where its table is.
  if (!file.endsWith('.json')) return { files: [], folders: [] };
  const texts = [...read().matchAll(/"([\w./-]+)"/g)].map(([, text = '']) => text);
  return { files: texts.filter((text) => text.includes('/')), folders: [] };
}

function namedByProgram(file: string, text: string): Named {
  const files: string[] = [];
  const folders: string[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext);
  /** A path from here or from the root: which one, only the files tell. */
  const name = (path: string, isJoined: boolean): void => {
    if (!PATH.test(path)) return;
    const open = path.replace(/^(\*\/)+/, '');
    // `*.json` may be anything; a path says at least one part of itself.
    if (!open.split('/').some((part) => part !== '' && !part.includes('*'))) return;
    for (const one of [posix.normalize(open), posix.join(dirname(file), open)]) {
      const clean = one.replace(/^\/|\/$/g, '');
      // Dots and stars alone are the project itself, or anything.
      if (!/\w\w/.test(clean)) continue;
      files.push(clean);
      // A word alone is a folder only where a path is put together.
      if (isJoined || path.includes('/')) folders.push(clean);
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const specifier = isOfTypes(node) ? '*' : literalOf(node.moduleSpecifier);
      if (specifier.startsWith('#')) files.push(`src/${specifier.slice(1)}`);
      if (specifier.startsWith('.')) files.push(posix.join(dirname(file), specifier));
      if (ts.isImportDeclaration(node)) return;
    }
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const called = ts.isPropertyAccessExpression(node.expression)
        ? node.expression.name
        : node.expression;
      if (ts.isIdentifier(called) && JOINS.test(called.text)) {
        name((node.arguments ?? []).map(literalOf).join('/'), true);
      }
    }
    name(literalOf(node), false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { files, folders };
}

/** Whether nothing of an import or export is left when the types are gone. */
function isOfTypes(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

/** A literal's text, with `*` for what a template leaves open; `*` for anything else. */
function literalOf(node: ts.Node | undefined): string {
  if (node === undefined) return '*';
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return '*';
  return node.head.text + node.templateSpans.map(({ literal }) => `*${literal.text}`).join('');
}
