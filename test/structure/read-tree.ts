/** A folder's source files as they are: their lines, what they import, their functions. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';

export interface SourceFunction {
  /** Its own name, or that of what it is given to: `recordRun › recorded`. */
  readonly name: string;
  /** The first line, from 1. */
  readonly line: number;
  /** From its first line to its last. */
  readonly lines: number;
}

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly lines: number;
  /** Written by a program, as its name says. */
  readonly isGenerated: boolean;
  /** Paths within the tree. */
  readonly imports: readonly string[];
  readonly functions: readonly SourceFunction[];
}

export interface Tree {
  /** Every file's, sources or not. */
  readonly paths: readonly string[];
  readonly sources: readonly SourceFile[];
}

const SKIPPED = new Set(['node_modules', 'cdk.out', 'dist', 'coverage', '__pycache__']);
const SCRIPT = /\.(ts|mjs|js|cjs)$/;
const SOURCE = /\.(ts|mjs|js|cjs|py|asl\.json)$/;
const GENERATED = /\.generated\.|\.schema\.json$/;

export function readTree(root: string): Tree {
  const paths = [...walk(root, '')].sort();
  const known = new Set(paths);
  const sources = paths
    .filter(isSource)
    .map((path) => readSource(path, readFileSync(join(root, path), 'utf8'), known));
  return { paths, sources };
}

/** Whether people, or programs for them, write code in it. */
export function isSource(path: string): boolean {
  return SOURCE.test(path);
}

function* walk(root: string, folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(root, path);
    else if (entry.isFile()) yield path;
  }
}

/** One source's text; `known` are the files that it may import. */
export function readSource(path: string, text: string, known: ReadonlySet<string>): SourceFile {
  const file = {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    isGenerated: GENERATED.test(path),
  };
  if (path.endsWith('.py')) return { ...file, imports: [], functions: pythonFunctions(text) };
  if (!SCRIPT.test(path)) return { ...file, imports: [], functions: [] };
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports = ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => pathOf(fileName, path))
    .filter((imported) => known.has(imported));
  return { ...file, imports: [...new Set(imports)], functions: scriptFunctions(source) };
}

function pathOf(specifier: string, importer: string): string {
  return specifier.startsWith('#')
    ? `src/${specifier.slice(1)}`
    : normalize(join(dirname(importer), specifier));
}

function scriptFunctions(source: ts.SourceFile): readonly SourceFunction[] {
  const found: SourceFunction[] = [];
  const lineOf = (at: number): number => source.getLineAndCharacterOfPosition(at).line + 1;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const line = lineOf(node.getStart(source));
      found.push({ name: nameOf(node, source), line, lines: lineOf(node.end) - line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Its own name; of a call-back that of the nearest named thing, and of the calls that it is handed to. */
function nameOf(node: ts.Node, source: ts.SourceFile): string {
  const calls: string[] = [];
  for (let at = node; !ts.isSourceFile(at); at = at.parent) {
    const name = ts.isConstructorDeclaration(at)
      ? 'constructor'
      : isNamed(at)
        ? at.name?.getText(source)
        : undefined;
    if (name !== undefined) return [name, ...calls].join(' › ');
    if (ts.isCallExpression(at)) calls.unshift(calleeOf(at.expression));
  }
  return calls.join(' › ') || '(no name)';
}

function isNamed(
  node: ts.Node,
): node is
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.VariableDeclaration
  | ts.PropertyAssignment
  | ts.PropertyDeclaration
  | ts.MethodDeclaration
  | ts.AccessorDeclaration {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isAccessor(node)
  );
}

function calleeOf(expression: ts.Expression): string {
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  return ts.isIdentifier(expression) ? expression.text : 'call';
}

/** By their indentation: a body ends before the next line that stands no deeper than its `def`. */
function pythonFunctions(text: string): readonly SourceFunction[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const found = /^(\s*)(?:async )?def (\w+)/.exec(line);
    if (found === null) return [];
    const [, indent = '', name = ''] = found;
    let last = at;
    let isHead = !/:\s*(#.*)?$/.test(line);
    for (let next = at + 1; next < lines.length; next += 1) {
      const body = lines[next] ?? '';
      if (body.trim() === '') continue;
      // The closing line of a long head stands as deep as its def.
      if (isHead) isHead = !/:\s*(#.*)?$/.test(body);
      else if (!(body.length - body.trimStart().length > indent.length)) break;
      last = next;
    }
    return [{ name, line: at + 1, lines: last - at + 1 }];
  });
}
