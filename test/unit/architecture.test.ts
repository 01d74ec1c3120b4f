import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const made: string[] = [];
afterAll(() => made.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

/** Lints a small tree of the given files with the project's own rules. */
function lint(files: Readonly<Record<string, string>>): {
  readonly code: number;
  readonly output: string;
} {
  const dir = mkdtempSync(join(tmpdir(), 'titleholder-architecture-'));
  made.push(dir);
  cpSync(join(root, '.dependency-cruiser.cjs'), join(dir, '.dependency-cruiser.cjs'));
  cpSync(join(root, 'tsconfig.json'), join(dir, 'tsconfig.json'));
  cpSync(join(root, 'package.json'), join(dir, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const rooms = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      ...rooms,
    ],
    { cwd: dir, encoding: 'utf8' },
  );
  return { code: status ?? -1, output: stdout + stderr };
}

describe('the architecture lint', () => {
  it('passes a tree that keeps the rules', () => {
    expect(
      lint({
        'src/domain/a.ts': 'export const a = 1;\n',
        'src/learning/b.ts': "import { a } from '#domain/a.ts';\nexport const b = a;\n",
      }),
    ).toMatchObject({ code: 0 });
  });

  it.each([
    ['domain-keeps-its-place', 'src/domain/bad.ts', 'node:fs'],
    ['domain-keeps-its-place', 'src/domain/bad.ts', 'zod'],
    ['gates-keeps-its-place', 'src/gates/bad.ts', 'node:fs'],
    ['contracts-keeps-its-place', 'src/contracts/bad.ts', 'csv-parse'],
    ['learning-keeps-its-place', 'src/learning/bad.ts', 'node:crypto'],
    ['dataset-keeps-its-place', 'src/dataset/bad.ts', 'node:fs'],
    ['training-keeps-its-place', 'src/training/bad.ts', 'zod'],
    ['evaluation-keeps-its-place', 'src/evaluation/bad.ts', 'vega'],
    ['edge-keeps-its-place', 'src/edge/bad.ts', '@aws-sdk/client-s3'],
    ['client-keeps-its-place', 'src/client/bad.ts', 'commander'],
    ['handlers-know-ports-only', 'functions/do-it/handler.ts', '@aws-sdk/client-s3'],
  ])('catches a planted violation of %s in %s', (rule, path, imported) => {
    const { code, output } = lint({
      [path]: `import * as x from '${imported}';\nexport const y = x;\n`,
    });
    expect(code).not.toBe(0);
    expect(output).toContain(rule);
  });

  it.each([
    ['gates-keeps-its-place', 'src/gates/bad.ts', 'src/contracts/a.ts'],
    ['gates-keeps-its-place', 'src/gates/worse.ts', 'src/learning/a.ts'],
    ['training-keeps-its-place', 'src/training/bad.ts', 'src/release/a.ts'],
    ['release-keeps-its-place', 'src/release/bad.ts', 'src/adapters/a.ts'],
    ['adapters-implement-ports', 'src/adapters/bad.ts', 'src/release/a.ts'],
    ['infra-knows-environments-only', 'infra/bad.ts', 'functions/do-it/handler.ts'],
    ['nobody-imports-the-outside', 'functions/do-it/index.ts', 'cli/a.ts'],
    ['src-stands-alone', 'src/edge/bad.ts', 'functions/do-it/env.ts'],
  ])('catches a planted violation of %s: %s imports %s', (rule, path, imported) => {
    const up = '../'.repeat(path.split('/').length - 1);
    const { code, output } = lint({
      [path]: `import { a } from '${up}${imported}';\nexport const b = a;\n`,
      [imported]: 'export const a = 1;\n',
    });
    expect(code).not.toBe(0);
    expect(output).toContain(rule);
  });

  it('catches a function that reaches into another one, and a room that imports a test', () => {
    const { code, output } = lint({
      'functions/one/handler.ts':
        "import { two } from '../two/handler.ts';\nexport const one = two;\n",
      'functions/two/handler.ts': "import { t } from '../../test/t.ts';\nexport const two = t;\n",
      'test/t.ts': 'export const t = 1;\n',
    });
    expect(code).not.toBe(0);
    expect(output).toContain('functions-apart');
    expect(output).toContain('nobody-imports-test');
  });
});
