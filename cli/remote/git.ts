/** What git says about a model folder; the command line reads a repository and never writes one. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Stop } from '../output.ts';

const run = promisify(execFile);

/** The report's limit; a folder with more authors names the latest. */
const MAX_AUTHORS = 200;
const SHOWN_FILES = 5;

export interface GitState {
  /** 40 hex digits. */
  readonly commit: string;
  readonly branch: string;
  /** E-mail addresses of everybody who committed to the folder, the latest first. */
  readonly authors: readonly string[];
}

/**
 * Reads HEAD for a folder; refuses one with anything uncommitted, untracked files included.
 * @param name the folder as a person named it.
 */
export async function readGit(folder: string, name = folder): Promise<GitState> {
  const dirty = await git(folder, ['status', '--porcelain', '--untracked-files=all', '--', '.']);
  const changed = dirty
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(3));
  if (changed.length > 0) {
    const more = changed.length > SHOWN_FILES ? ` and ${changed.length - SHOWN_FILES} more` : '';
    throw new Stop(
      2,
      `${name} has changes that no commit holds: ${changed.slice(0, SHOWN_FILES).join(', ')}${more}; commit them first`,
    );
  }
  const tracked = await git(folder, ['ls-files', '--', '.']);
  if (tracked === '') throw new Stop(2, `no commit holds ${name}: git add and commit it first`);
  const commit = await git(folder, ['rev-parse', 'HEAD']);
  const branch = await git(folder, ['rev-parse', '--abbrev-ref', 'HEAD']);
  const log = await git(folder, ['log', '--format=%ae', '--', '.']);
  const authors = [...new Set(log.split('\n').filter((line) => line !== ''))].slice(0, MAX_AUTHORS);
  return { commit, branch: branch === 'HEAD' ? 'detached' : branch, authors };
}

async function git(folder: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run('git', ['-C', folder, ...args], { maxBuffer: 64 * 1024 * 1024 });
    // Only the end: `status --porcelain` begins lines with a space.
    return stdout.trimEnd();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Stop(2, 'git is not installed, or the folder is gone');
    }
    const words =
      error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Stop(2, `git can't read ${folder}: ${words.trim().split('\n').at(-1) ?? ''}`);
  }
}
