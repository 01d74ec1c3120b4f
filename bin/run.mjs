/**
 * Runs a TypeScript file of this project on Node 24, setting the project up first:
 *
 *   node bin/run.mjs [--parts=node,localstack,mlflow] FILE.ts ARGUMENTS …
 *
 * Standard streams, signals and the exit code pass through.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureSetup, orExit } from './setup.mjs';

const COMPILED = fileURLToPath(new URL('../.local/compiled', import.meta.url));
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

/** @param {string} file @param {string[]} args @param {string[] | undefined} parts all when undefined */
export async function run(file, args, parts) {
  const { node } = await orExit(() => ensureSetup(parts === undefined ? {} : { parts }));
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: 'inherit',
    // Compiled modules are kept, by their content: a verb starts in half the time.
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, TITLEHOLDER_NODE: node },
  });
  for (const name of FORWARDED) {
    // A terminal's Ctrl-C reaches the whole group already; once more would look like impatience.
    process.on(name, () => {
      if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`${node}: ${error.message}\n`);
    process.exit(70);
  });
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 70) : 128 + constants.signals[signal]);
  });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const rest = process.argv.slice(2);
  const parts = rest[0]?.startsWith('--parts=') ? rest.shift().slice(8).split(',') : undefined;
  const [file, ...args] = rest;
  if (file === undefined) {
    process.stderr.write('usage: node bin/run.mjs [--parts=node,…] FILE.ts ARGUMENTS …\n');
    process.exit(2);
  }
  await run(file, args, parts);
}
