/**
 * A set-up file of vitest: notes which files of the project each test opens, lists or starts.
 *
 * test/run.ts compares that with what test/runner/reach.ts finds in the sources, so that
 * `npm run check -- PATH` can't miss a test. Node's own functions are wrapped, for a test may read through
 * any of them; imports don't pass through them.
 */
import child_process from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');
const READS = [
  ...['readFile', 'readFileSync', 'open', 'openSync', 'createReadStream'],
  ...['readdir', 'readdirSync', 'cp', 'cpSync', 'copyFile', 'copyFileSync'],
];
const STARTS = ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'fork'];
/** Installed, or written by a run. */
const NOT_SOURCES = /^(\.\.|node_modules|\.local|\.git|cdk\.out|dist|coverage)(\/|$)|^$/;

/** Where the lists go: one file a test, its name first. */
const FOLDER = process.env['TITLEHOLDER_OPENED'];
/** Of the test file that runs: modules stay over the files of a worker, wrapped functions too. */
const state = globalThis as { opened?: Set<string> };

function note(argument: unknown): void {
  if (Array.isArray(argument)) argument.forEach(note);
  if (typeof argument !== 'string' && !(argument instanceof URL)) return;
  try {
    const path = typeof argument === 'string' ? argument : fileURLToPath(argument);
    const inProject = relative(PROJECT, resolve(PROJECT, path));
    if (!NOT_SOURCES.test(inProject) && fs.existsSync(join(PROJECT, inProject))) {
      state.opened?.add(inProject);
    }
  } catch {
    // No path: a URL of another kind, a text with a zero byte.
  }
}

function wrap(module: object, names: readonly string[]): void {
  const functions = module as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const original = functions[name];
    if (original === undefined) continue;
    // A proxy, so that what hangs on the function stays (promisify's own form of execFile).
    functions[name] = new Proxy(original, {
      apply: (target, self, args: unknown[]) => {
        args.slice(0, 2).forEach(note);
        return target.apply(self, args);
      },
    });
  }
}

if (FOLDER !== undefined) {
  if (state.opened === undefined) {
    wrap(fs, READS);
    wrap(fs.promises, READS);
    wrap(child_process, STARTS);
    syncBuiltinESMExports();
  }
  state.opened = new Set();
  const test = relative(PROJECT, expect.getState().testPath ?? '');
  afterAll(() => {
    const opened = [...(state.opened ?? [])].sort();
    fs.writeFileSync(
      join(FOLDER, `${test.replaceAll('/', '~')}.json`),
      JSON.stringify([test, ...opened]),
    );
  });
}
