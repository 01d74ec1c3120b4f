/** Which tests a file concerns: `npm run check -- PATH`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROJECT } from '../../runner/jobs.ts';
import { reach } from '../../runner/reach.ts';
import { missed, select } from '../../runner/selection.ts';

const root = mkdtempSync(join(tmpdir(), 'titleholder-reach-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const TEST = 'test/unit/a.test.ts';
/** What a test of this text reaches, in a project of these files. */
function reached(text: string, files: Readonly<Record<string, string>>): string[] {
  rmSync(root, { recursive: true, force: true });
  for (const [path, content] of Object.entries({ ...files, [TEST]: text })) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return [...reach(root).of(TEST)].filter((path) => path !== TEST).sort();
}

describe('a test reaches', () => {
  const imports = { 'src/b.ts': "import '#deep/c.ts';", 'src/deep/c.ts': '', 'src/d.ts': '' };
  it.each([
    ['what it imports, and what that imports', "import '../../src/b.ts';"],
    ['what it imports when it runs', "await import('../../src/b.ts');"],
    ['what it exports again', "export { b } from '#b.ts';"],
  ])('%s', (_, text) => {
    expect(reached(text, imports)).toEqual(['src/b.ts', 'src/deep/c.ts']);
  });

  it('nothing by the import of a type', () => {
    expect(reached("import type { B } from '#b.ts';", imports)).toEqual([]);
  });

  const documents = { 'docs/page.md': '', 'models/one/a.json': '{}', 'models/two/b.json': '{}' };
  it.each([
    ['a document that it reads', "read(join(PROJECT, 'docs/page.md'))", ['docs/page.md']],
    ['one whose path is put together', "resolve(HERE, 'docs', 'page.md')", ['docs/page.md']],
    ['one beside it', "new URL('../../docs/page.md', import.meta.url)", ['docs/page.md']],
    [
      'all that a gap may stand for',
      "join(PROJECT, 'models', name, 'a.json')",
      ['models/one/a.json'],
    ],
    ['a gap of a template', 'read(`models/${name}/b.json`)', ['models/two/b.json']],
    [
      'the files of a folder',
      "list(join(PROJECT, 'models'))",
      ['models/one/a.json', 'models/two/b.json'],
    ],
    ['no folder by a word', "it('has models', () => {})", []],
  ])('%s', (_, text, expected) => {
    expect(reached(text, documents)).toEqual(expected);
  });

  it('a program that it starts, and what that imports', () => {
    const files = {
      'bin/run.mjs': "import './more.mjs';",
      'bin/more.mjs': '',
      'bin/other.mjs': '',
    };
    expect(reached("spawn(node, [join(PROJECT, 'bin/run.mjs')])", files)).toEqual([
      'bin/more.mjs',
      'bin/run.mjs',
    ]);
  });

  it('what a folder holds, but not what that imports: it is read', () => {
    const files = { 'functions/a/index.ts': "import '../../src/b.ts';", 'src/b.ts': '' };
    expect(reached("readdirSync(join(PROJECT, 'functions'))", files)).toEqual([
      'functions/a/index.ts',
    ]);
  });

  it('a table that its fixture names', () => {
    const files = {
      'test/fixtures/cases.json': '[{"path": "models/m/data.csv"}]',
      'models/m/data.csv': '',
    };
    expect(reached("new URL('../fixtures/cases.json', import.meta.url)", files)).toContain(
      'models/m/data.csv',
    );
  });
});

it('a test that opened what its text does not name is told', () => {
  const of = () => new Set([TEST, 'docs/page.md']);
  expect(missed(of, new Map([[TEST, ['docs', 'docs/page.md']]]))).toEqual([]);
  expect(missed(of, new Map([[TEST, ['docs/page.md', 'docs/other.md', 'README.md']]]))).toEqual([
    `${TEST} opens docs/other.md and 1 more, but neither it nor what it imports names that path`,
  ]);
});

describe('in this project', () => {
  const project = reach(PROJECT);
  it.each([
    ['docs/runbook.md', 'test/unit/docs.test.ts'],
    ['state-machines/release-model/definition.asl.json', 'test/state-machines/definition.test.ts'],
    ['src/adapters/mlflow/pyfunc/titleholder_model/cells.py', 'test/unit/adapters/pyfunc.test.ts'],
    ['Dockerfile', 'test/unit/compose.test.ts'],
    ['models/doctor-visits/data.csv', 'test/unit/learning/pipeline/defaults.test.ts'],
    ['functions/promote-nothing', undefined],
  ])('%s concerns %s', (path, test) => {
    if (test === undefined) {
      expect(() => select([path], PROJECT, project)).toThrow(`${path} is no file of this project`);
    } else {
      expect(select([path], PROJECT, project).tests).toContain(test);
    }
  });

  it('what needs a local stack is told apart', () => {
    const { tests, onTheStack } = select(
      ['reach.test.ts', '../../stack'],
      import.meta.dirname,
      project,
    );
    expect(tests).toContain('test/unit/runner/reach.test.ts');
    expect(tests.filter((test) => test.startsWith('test/stack/'))).toEqual([]);
    expect(onTheStack).toContain('test/stack/endings.test.ts');
  });

  it('a file that configures all says so', () => {
    expect(select(['tsconfig.json', 'README.md'], PROJECT, project).everything).toEqual([
      'tsconfig.json',
    ]);
  });
});
