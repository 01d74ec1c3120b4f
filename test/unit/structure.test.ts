import { describe, expect, it } from 'vitest';
import {
  isSource,
  readSource,
  readTree,
  type SourceFile,
  type Tree,
} from '../structure/read-tree.ts';
import { shapeOf } from '../structure/shape.ts';

const body = (lines: number, line = '  f();'): string => Array<string>(lines).fill(line).join('\n');

/** A tree of these files' texts. */
function treeOf(files: Readonly<Record<string, string>>): Tree {
  const paths = Object.keys(files);
  return {
    paths,
    sources: paths.filter(isSource).map((path) => readSource(path, files[path]!, new Set(paths))),
  };
}

function read(path: string, text: string): SourceFile {
  return readSource(path, text, new Set([path, 'src/domain/run.ts', 'src/edge/b.ts']));
}

describe('a source file', () => {
  it('imports by # and by a path, for types too, what lies in the tree', () => {
    const { imports } = read(
      'src/edge/a.ts',
      [
        "import type { Run } from '#domain/run.ts';",
        "export { b } from './b.ts';",
        "import { join } from 'node:path';",
        "const later = await import('./b.ts');",
      ].join('\n'),
    );
    expect(imports).toEqual(['src/domain/run.ts', 'src/edge/b.ts']);
  });

  it('has its functions with their names, where they begin and how long they are', () => {
    const text = [
      'export function one(): void {',
      '  two();',
      '}',
      'const two = (): number => 2;',
      'class C {',
      '  constructor() {',
      '    run(() => {',
      '      two();',
      '    });',
      '  }',
      '}',
      'export const step = recorded({}, async () => {',
      '});',
      'function over(a: string): void;',
    ].join('\n');
    expect(read('src/edge/a.ts', text).functions).toEqual([
      { name: 'one', line: 1, lines: 3 },
      { name: 'two', line: 4, lines: 1 },
      { name: 'constructor', line: 6, lines: 5 },
      { name: 'constructor › run', line: 7, lines: 3 },
      { name: 'step › recorded', line: 12, lines: 2 },
    ]);
  });

  it('has its functions in Python too', () => {
    const text = [
      'class Trees:',
      '    def at(',
      '        self, bins: int',
      '    ) -> int:',
      '        def inner():',
      '            return 1',
      '',
      '        return inner()',
      '',
      '',
      'def last():  # of the file',
      '    return 2',
      'x = 1',
    ].join('\n');
    expect(read('src/edge/a.py', text).functions).toEqual([
      { name: 'at', line: 2, lines: 7 },
      { name: 'inner', line: 5, lines: 2 },
      { name: 'last', line: 11, lines: 2 },
    ]);
  });
});

describe('the structure', () => {
  it('says which room imports which', () => {
    const { rooms, folders } = shapeOf(
      treeOf({
        'src/domain/run.ts': 'export const run = 1;\n',
        'src/edge/edge.ts': "import { run } from '#domain/run.ts';\n\nexport const edge = run;\n",
        'cli/main.ts': "import { edge } from '#edge/edge.ts';\nedge;\n",
        'docs/a.md': '# A\n',
        'README.md': '# B\n',
      }),
    );
    expect(rooms).toEqual([
      { name: 'domain', files: 1, lines: 1, imports: [] },
      { name: 'edge', files: 1, lines: 3, imports: ['domain'] },
    ]);
    expect(folders).toEqual([
      { name: 'src', files: 2, lines: 4, imports: [] },
      { name: 'cli', files: 1, lines: 2, imports: ['src'] },
      { name: 'docs', files: 1, lines: 0, imports: [] },
    ]);
  });

  it('breaks at one line more than a file may have, unless its name says that it is generated', () => {
    const broken = (path: string, lines: number): readonly string[] =>
      shapeOf(treeOf({ [path]: `${body(lines, '1;')}\n` })).broken;
    expect(broken('src/edge/a.ts', 500)).toEqual([]);
    expect(broken('src/edge/a.ts', 501)).toEqual(['src/edge/a.ts: 501 lines, more than 500']);
    expect(broken('test/unit/a.test.ts', 501)).toHaveLength(1);
    expect(broken('src/edge/a.py', 501)).toHaveLength(1);
    expect(broken('state-machines/a/definition.asl.json', 501)).toHaveLength(1);
    expect(broken('src/edge/a.generated.ts', 501)).toEqual([]);
    expect(broken('docs/a.md', 501)).toEqual([]);
  });

  it('breaks at one line more than a function may have, outside tests and the engine', () => {
    const broken = (path: string, lines: number): readonly string[] =>
      shapeOf(treeOf({ [path]: `function long() {\n${body(lines - 2)}\n}\n` })).broken;
    expect(broken('infra/a.ts', 100)).toEqual([]);
    expect(broken('infra/a.ts', 101)).toEqual(['infra/a.ts:1 long: 101 lines, more than 100']);
    expect(broken('test/unit/a.test.ts', 101)).toEqual([]);
    expect(broken('src/learning/a.ts', 101)).toEqual([]);
  });

  it('breaks at a circle of files, and at one of rooms that no files make', () => {
    const files = treeOf({
      'src/edge/a.ts': "import './b.ts';\n",
      'src/edge/b.ts': "import './c.ts';\n",
      'src/edge/c.ts': "import './a.ts';\n",
    });
    expect(shapeOf(files).broken).toEqual([
      'a circle: src/edge/a.ts, src/edge/b.ts, src/edge/c.ts',
    ]);
    const rooms = treeOf({
      'src/edge/a.ts': "import '#plots/a.ts';\n",
      'src/plots/a.ts': '\n',
      'src/plots/b.ts': "import '#edge/b.ts';\n",
      'src/edge/b.ts': '\n',
    });
    expect(shapeOf(rooms).broken).toEqual(['a circle: edge, plots']);
  });

  it('of this project keeps every limit', () => {
    const root = new URL('../..', import.meta.url).pathname;
    const { broken, rooms } = shapeOf(readTree(root));
    expect(broken, 'npm run structure').toEqual([]);
    expect(rooms.find(({ name }) => name === 'domain')).toMatchObject({ imports: [] });
  });
});
