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
        'domain/a.ts': 'export const a = 1;\n',
        'learning/b.ts': "import { a } from '../domain/a.ts';\nexport const b = a;\n",
      }),
    ).toMatchObject({ code: 0 });
  });

  it.each([
    [
      'domain-is-pure',
      'domain/bad.ts',
      "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n",
    ],
    ['domain-is-pure', 'domain/bad.ts', "import * as z from 'zod';\nexport const x = z;\n"],
    [
      'handlers-know-ports-only',
      'functions/do-it/handler.ts',
      "import { S3Client } from '@aws-sdk/client-s3';\nexport const x = S3Client;\n",
    ],
    [
      'learning-is-pure',
      'learning/bad.ts',
      "import { randomUUID } from 'node:crypto';\nexport const x = randomUUID;\n",
    ],
  ])('catches a planted violation of %s in %s', (rule, path, text) => {
    const { code, output } = lint({ [path]: text });
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
