import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { codeDigest, decidingCode } from '../../infra/code-digest.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** What the digest may read, in a folder of its own. */
function copy(): string {
  const project = mkdtempSync(join(tmpdir(), 'titleholder-digest-'));
  for (const path of ['src', 'package.json', 'package-lock.json']) {
    cpSync(join(PROJECT, path), join(project, path), { recursive: true });
  }
  return project;
}

const roomOf = (path: string) => path.split('/').slice(0, 2).join('/');
const sources = (project: string) =>
  readdirSync(join(project, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `src/${path}`);

describe('the digest of the code that decides', () => {
  it('is the same wherever the same sources are', () => {
    expect(codeDigest()).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(codeDigest(copy())).toBe(codeDigest());
  });

  it('covers the rooms that split, learn, train and judge, and what they take from domain and contracts', () => {
    expect([...new Set(decidingCode().files.map(roomOf))]).toEqual([
      'src/contracts',
      'src/dataset',
      'src/domain',
      'src/evaluation',
      'src/gates',
      'src/learning',
      'src/training',
    ]);
  });

  it('changes with a file of each of these rooms', () => {
    const project = copy();
    const before = codeDigest(project);
    const seen = new Set([before]);
    const oneEach = new Map(decidingCode().files.map((path) => [roomOf(path), path]));
    for (const path of oneEach.values()) {
      appendFileSync(join(project, path), '\n');
      expect(seen, path).not.toContain(codeDigest(project));
      seen.add(codeDigest(project));
    }
  });

  it('stays with every other file: pictures, bodies and routes of the API, adapters', () => {
    const covered = new Set(decidingCode().files);
    const others = sources(PROJECT).filter((path) => !covered.has(path));
    const rooms = new Set(others.map(roomOf));
    for (const room of ['plots', 'edge', 'adapters', 'release', 'client']) {
      expect(rooms).toContain(`src/${room}`);
    }
    const draws = (path: string) =>
      /from '#plots\//.test(readFileSync(join(PROJECT, path), 'utf8'));
    expect(others.filter(draws)).not.toEqual([]);
    expect(
      [...covered].filter((path) => /^src\/contracts\/(answers|api|routes|events)/.test(path)),
    ).toEqual([]);
    const project = copy();
    for (const path of others) appendFileSync(join(project, path), '\nexport const CHANGED = 1;\n');
    expect(codeDigest(project)).toBe(codeDigest());
  });

  it('covers what training begins to import, a file or a package', () => {
    const project = copy();
    const train = join(project, 'src/training/train.ts');
    const add = (line: string) => writeFileSync(train, `${line}\n${readFileSync(train, 'utf8')}`);
    writeFileSync(join(project, 'src/training/begun.ts'), 'export const BEGUN = 1;\n');
    add("import { BEGUN } from './begun.ts';");
    expect(decidingCode(project).files).toContain('src/training/begun.ts');
    const before = codeDigest(project);
    writeFileSync(join(project, 'src/training/begun.ts'), 'export const BEGUN = 2;\n');
    expect(codeDigest(project)).not.toBe(before);
    add("import 'fflate';");
    expect([...decidingCode(project).packages.keys()]).toContain('node_modules/fflate');
    add("import 'not-locked';");
    expect(() => codeDigest(project)).toThrow('package-lock.json lacks not-locked');
  });

  it('changes with the locked version of a package that it needs, and of no other', () => {
    const project = copy();
    const lock = readFileSync(join(PROJECT, 'package-lock.json'), 'utf8');
    const digestWith = (text: string): string => {
      writeFileSync(join(project, 'package-lock.json'), text);
      return codeDigest(project);
    };
    const before = digestWith(lock);
    const newer = (name: string): string => {
      const changed = lock.replace(
        new RegExp(`("node_modules/${name}": \\{\\s*"version": ")`),
        '$19',
      );
      expect(changed, name).not.toBe(lock);
      return changed;
    };
    // ml-cart grows the trees of ml-random-forest, which asks for it.
    for (const name of ['zod', 'csv-parse', 'ml-random-forest', 'ml-cart']) {
      expect(digestWith(newer(name)), name).not.toBe(before);
    }
    for (const name of ['vega', 'esbuild', '@aws-sdk/client-s3']) {
      expect(digestWith(newer(name)), name).toBe(before);
    }
  });
});

describe('the functions that train and judge', () => {
  const COMPUTE = /^src\/(dataset|learning|training|evaluation)\//;
  /** Those that know the digest, but for two that only say which code ran. */
  const functions = readdirSync(join(PROJECT, 'functions')).filter(
    (name) =>
      !['record-run', 'serve-model'].includes(name) &&
      readFileSync(join(PROJECT, 'functions', name, 'index.ts'), 'utf8').includes('CODE_DIGEST'),
  );

  /** What their handlers compute with that the digest lacks, beside what is only drawn. */
  function uncovered(planted = ''): readonly string[] {
    const handlers = functions.map((name) => `import './functions/${name}/handler.ts';`);
    const { metafile } = buildSync({
      absWorkingDir: PROJECT,
      stdin: {
        contents: [...handlers, planted].join('\n'),
        resolveDir: PROJECT,
        sourcefile: 'entry.ts',
        loader: 'ts',
      },
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      ignoreAnnotations: true,
    });
    const covered = new Set(decidingCode().files);
    const reached = new Set(['entry.ts']);
    for (const path of reached) {
      const imports = (metafile.inputs[path]?.imports ?? []).filter((one) => !one.external);
      if (imports.some((one) => one.path.startsWith('src/plots/'))) {
        reached.delete(path);
        continue;
      }
      for (const one of imports) reached.add(one.path);
    }
    return [...reached].filter((path) => COMPUTE.test(path) && !covered.has(path));
  }

  it('compute with nothing that the digest does not cover', () => {
    expect(functions).toContain('validate-data');
    expect(functions).toContain('evaluate-challenger');
    expect(uncovered()).toEqual([]);
  });

  it('would be caught computing with more', () => {
    expect(uncovered("import './src/learning/explain/tree-shap.ts';")).toContain(
      'src/learning/explain/tree-shap.ts',
    );
  });
});
