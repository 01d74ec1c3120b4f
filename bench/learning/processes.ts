/** One engine at one task, in a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { readTable } from './data.ts';
import { Answer, type Engine, type Task } from './task.ts';
import { PROJECT } from '../../cli/local-stack.ts';
import { logLossOf } from '#learning/metrics/functions.ts';
import { aucOf } from '#learning/metrics/metrics.ts';

export const PYTHON = join(PROJECT, '.local', 'venv-peers', 'bin', 'python');

export interface Judged extends Answer {
  readonly auc: number;
  readonly logLoss: number;
}

/** Asks the engine's process and judges the scores it wrote; fails where the process does. */
export async function ask(task: Task): Promise<Judged> {
  const threads = String(task.threads);
  const text = await outputOf(
    [...pinned(task.threads), ...commandOf(task.engine), JSON.stringify(task)],
    { OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads },
  );
  return { ...Answer.parse(JSON.parse(text)), ...(await judged(task.folder)) };
}

function commandOf(engine: Engine): string[] {
  switch (engine) {
    case 'titleholder':
    case 'ml-random-forest':
      return [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, 'ours.ts'),
      ];
    case 'sklearn':
    case 'lightgbm':
      return [PYTHON, join(import.meta.dirname, 'peer.py')];
  }
}

async function judged(folder: string): Promise<{ auc: number; logLoss: number }> {
  const { labels } = await readTable(join(folder, 'judge'));
  const bytes = new Uint8Array(await readFile(join(folder, 'scores.f64')));
  const scores = new Float64Array(bytes.buffer);
  const auc = aucOf(scores, labels);
  const loss = scores.reduce((sum, score, row) => sum + logLossOf(score, labels[row] ?? 0), 0);
  return { auc, logLoss: loss / labels.length };
}

/** The same cores for everybody, where the system can hold a process to them. */
function pinned(threads: number): string[] {
  if (spawnSync('taskset', ['--version']).status !== 0) return [];
  return ['taskset', '-c', Array.from({ length: threads }, (_, core) => core).join(',')];
}

function outputOf(
  [command = '', ...args]: readonly string[],
  environment: object,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(text);
      else reject(new Error(`${command} ended with ${code ?? 'a signal'}`));
    });
  });
}

const PACKAGES = ['scikit-learn', 'lightgbm', 'shap', 'numpy'] as const;
const ASK_VERSIONS = `import importlib.metadata as m, json, platform
print(json.dumps({"Python": platform.python_version(), **{p: m.version(p) for p in ${JSON.stringify(PACKAGES)}}}))`;
const Versions = z.record(z.string(), z.string());
const Package = z.object({ dependencies: z.object({ 'ml-random-forest': z.string() }) });

/** Of Node and every peer that is here. */
export async function versions(): Promise<Record<string, string>> {
  const manifest: unknown = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'));
  const { status, stdout } = spawnSync(PYTHON, ['-c', ASK_VERSIONS], { encoding: 'utf8' });
  return {
    Node: process.version.slice(1),
    ...Package.parse(manifest).dependencies,
    ...(status === 0 ? Versions.parse(JSON.parse(stdout)) : {}),
  };
}
