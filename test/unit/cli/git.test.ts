import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readGit } from '../../../cli/remote/git.ts';

let root: string;
let folder: string;

function git(...args: string[]): string {
  const who = ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.com'];
  return execFileSync('git', [...who, ...args], { cwd: root, encoding: 'utf8' }).trim();
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'titleholder-git-'));
  folder = join(root, 'models', 'm');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.json'), '{}');
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('reading a model folder from git', () => {
  it('gives commit, branch and authors', async () => {
    expect(await readGit(folder)).toEqual({
      commit: git('rev-parse', 'HEAD'),
      branch: 'main',
      authors: ['ana@example.com'],
    });
  });

  it('refuses a changed file, naming it', async () => {
    writeFileSync(join(folder, 'model.json'), '{"a":1}');
    await expect(readGit(folder)).rejects.toThrow(/models\/m\/model\.json/);
  });

  it('refuses an untracked file, naming it', async () => {
    writeFileSync(join(folder, 'extra.csv'), 'a\n');
    await expect(readGit(folder)).rejects.toThrow(/models\/m\/extra\.csv/);
  });

  it('minds only the folder', async () => {
    writeFileSync(join(root, 'elsewhere.txt'), 'dirty');
    await expect(readGit(folder)).resolves.toMatchObject({ branch: 'main' });
  });

  it('names every author of the folder once, and nobody else', async () => {
    writeFileSync(join(root, 'other.txt'), 'x');
    git('add', '.');
    git('-c', 'user.email=carl@example.com', 'commit', '--quiet', '--message', 'elsewhere');
    writeFileSync(join(folder, 'model.json'), '{"b":1}');
    git('add', '.');
    git('-c', 'user.email=dora@example.com', 'commit', '--quiet', '--message', 'second');
    expect((await readGit(folder)).authors).toEqual(['dora@example.com', 'ana@example.com']);
  });

  it('says that git does not know a folder outside a repository', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'titleholder-none-'));
    await expect(readGit(outside)).rejects.toThrow(/git can't read/);
    rmSync(outside, { recursive: true });
  });
});
