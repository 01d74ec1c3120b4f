/** The verbs of a model folder in this process, and a small table whose folder `init` writes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, expect, vi } from 'vitest';
import { registerLocalVerbs } from '../../../cli/local.ts';
import { endOf } from '../../../cli/output.ts';
import { bytesOf, smallRows } from '../dataset/small-folder.ts';

/** Two columns matter, so that a forest can beat the best single cut. */
export const rows = smallRows(900).map((line) => line.replace(/,blue,no$/, ',blue,yes'));

/** An empty folder with the table, gone after the file's tests. */
export function makeTable() {
  const root = mkdtempSync(join(tmpdir(), 'titleholder-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  const table = join(root, 'table.csv');
  writeFileSync(table, bytesOf(rows, 'member_id,x,colour,y'));
  return { root, table, models: join(root, 'models') };
}

/** `init` of the table as a model of this name. */
export async function initModel(table: string, models: string, name: string): Promise<void> {
  const { code } = await run(
    ...['init', '--data', table, '--target', 'y', '--positive', 'yes'],
    ...['--name', name, '--dir', models],
  );
  expect(code).toBe(0);
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Read here, where the compiler doesn't know that it was just unset. */
const exitCode = (): number => Number(process.exitCode ?? 0);

/** The verbs as the program runs them, in this process. */
export async function run(...args: string[]): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  process.exitCode = undefined;
  const program = new Command('titleholder').exitOverride();
  registerLocalVerbs(program);
  let code = 0;
  try {
    await program.parseAsync(args, { from: 'user' });
    code = exitCode();
  } catch (error) {
    const end = endOf(error);
    code = end.code;
    stderr += `${end.line}\n`;
  } finally {
    process.exitCode = undefined;
    vi.restoreAllMocks();
  }
  return { code, stdout, stderr };
}

export const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
