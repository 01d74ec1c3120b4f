/**
 * `npm run bench:learning`: the engine beside its peers, each task in a process of its own on the same
 * cores, ours and theirs in turn.
 *
 * `--json F` writes the list of medians, `--write` docs/benchmarks-learning.md below its heading
 * "Measured".
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { median } from 'simple-statistics';
import * as z from 'zod';
import { madeTable, readTable, TABLES, type TableName, writeTable } from './data.ts';
import { report } from './report.ts';
import { Answer, type Engine, ENGINES, type Task, TASKS, type TaskName } from './task.ts';
import { PROJECT } from '../../cli/remote/place.ts';
import { logLossOf, orderByScore, rankMetrics } from '../../learning/measures/metrics.ts';

const JUDGED_ROWS = 20_000;
const SEED = 1;
/** Its training is quadratic: 3,000 rows take minutes a tree. */
const ML_RANDOM_FOREST_ROWS = 300;
const FOLDER = join(PROJECT, '.local', 'bench-learning');
const PYTHON = join(PROJECT, '.local', 'venv-peers', 'bin', 'python');
const PEERS: Readonly<Record<TaskName, readonly Engine[]>> = {
  forest: ['sklearn', 'lightgbm', 'ml-random-forest'],
  boosting: ['sklearn', 'lightgbm'],
  logistic: ['sklearn'],
  shap: ['shap'],
  predict: ['sklearn', 'lightgbm'],
};

/** One line of the answer: medians over the runs; null is what the task doesn't measure. */
export interface Line {
  readonly engine: Engine;
  readonly task: TaskName;
  readonly rows: number;
  readonly columns: number;
  readonly trees: number;
  readonly threads: number;
  readonly fitSeconds: number | null;
  readonly auc: number | null;
  readonly logLoss: number | null;
  readonly rowsPerSecond: number | null;
  readonly p50Micros: number | null;
  readonly p99Micros: number | null;
  readonly peakRssMb: number;
}

type Measured = Omit<Line, 'engine' | 'task' | 'rows' | 'columns' | 'trees' | 'threads'>;

const Parameters = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())));
const parameters = Parameters.parse(
  JSON.parse(await readFile(join(import.meta.dirname, 'parameters.json'), 'utf8')),
);

interface Question {
  readonly table: TableName;
  readonly task: TaskName;
  readonly rows: number;
  readonly trees: number;
  readonly threads: number;
  readonly peers: readonly Engine[];
  readonly runs: number;
}

async function answerOf(question: Question, engine: Engine): Promise<Measured> {
  const { task, table, rows } = question;
  // Predictions and explanations are those of a forest; shap explains scikit-learn's.
  const kind = task === 'predict' || task === 'shap' ? 'forest' : task;
  const folder = join(FOLDER, `${table}-${rows}`);
  const asked: Task = {
    engine,
    task,
    folder,
    trees: question.trees,
    threads: question.threads,
    seed: SEED,
    parameters: parameters[engine === 'shap' ? 'sklearn' : engine]?.[kind] ?? {},
  };
  const isOurs = engine === 'titleholder' || engine === 'ml-random-forest';
  const command = isOurs
    ? [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, 'ours.ts'),
      ]
    : [PYTHON, join(import.meta.dirname, 'peer.py')];
  const text = await outputOf([...pinned(question.threads), ...command, JSON.stringify(asked)], {
    OMP_NUM_THREADS: String(question.threads),
    OPENBLAS_NUM_THREADS: String(question.threads),
  });
  const { scored, ...answer } = Answer.parse(JSON.parse(text));
  return { ...answer, ...(scored ? await judged(folder) : { auc: null, logLoss: null }) };
}

async function judged(folder: string): Promise<{ auc: number; logLoss: number }> {
  const { labels } = await readTable(join(folder, 'judge'));
  const bytes = new Uint8Array(await readFile(join(folder, 'scores.f64')));
  const scores = new Float64Array(bytes.buffer);
  const { auc } = rankMetrics(orderByScore(scores), scores, labels);
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

async function measure(question: Question): Promise<Line[]> {
  const { table, task, rows, trees, threads, peers, runs } = question;
  const folder = join(FOLDER, `${table}-${rows}`);
  const train = madeTable(table, rows, SEED);
  await writeTable(join(folder, 'train'), train);
  await writeTable(join(folder, 'judge'), madeTable(table, JUDGED_ROWS, SEED + 1));
  const engines: Engine[] = ['titleholder', ...peers];
  const answers = new Map<Engine, Measured[]>(engines.map((engine) => [engine, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const engine of engines) {
      const answer = await answerOf(question, engine);
      answers.get(engine)?.push(answer);
      process.stderr.write(`${table} ${rows} ${task} ${threads} ${engine} ${said(answer)}\n`);
    }
  }
  return engines.map((engine) => {
    const found = answers.get(engine) ?? [];
    const middle = (of: (answer: Measured) => number | null): number | null => {
      const values = found.flatMap((answer) => of(answer) ?? []);
      return values.length === 0 ? null : median(values);
    };
    return {
      engine,
      task,
      rows,
      columns: train.table.columns.length,
      trees,
      threads,
      fitSeconds: middle((answer) => answer.fitSeconds),
      auc: middle((answer) => answer.auc),
      logLoss: middle((answer) => answer.logLoss),
      rowsPerSecond: middle((answer) => answer.rowsPerSecond),
      p50Micros: middle((answer) => answer.p50Micros),
      p99Micros: middle((answer) => answer.p99Micros),
      peakRssMb: middle((answer) => answer.peakRssMb) ?? Number.NaN,
    };
  });
}

function said(answer: Measured): string {
  return Object.entries(answer)
    .flatMap(([name, value]) => (value === null ? [] : `${name} ${value.toPrecision(4)}`))
    .join(' ');
}

const whole = (text: string): number => {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1)) throw new InvalidArgumentError('a whole number');
  return value;
};
const oneOf =
  <Name extends string>(names: readonly Name[]) =>
  (text: string): Name[] =>
    text.split(',').map((word) => {
      const name = names.find((each) => each === word);
      if (name === undefined) throw new InvalidArgumentError(`any of ${names.join(',')}`);
      return name;
    });

const options = new Command('bench:learning')
  .option(
    '--rows <n,…>',
    'training rows; several show the growth',
    (text) => text.split(',').map(whole),
    [100_000],
  )
  .option('--trees <n>', 'trees of a forest', whole, 100)
  .option('--threads <n,…>', 'cores', (text) => text.split(',').map(whole), [1])
  .option('--tasks <task,…>', TASKS.join(','), oneOf(TASKS), [...TASKS])
  .option('--tables <table,…>', TABLES.join(','), oneOf(TABLES), [...TABLES])
  .option('--peers <engine,…>', 'the others; none: only ours', oneOf([...ENGINES, 'none']), [
    ...ENGINES,
  ])
  .option('--runs <n>', 'rounds of ours and theirs', whole, 3)
  .option('--json <file>', 'the medians as a list')
  .option('--write', 'writes docs/benchmarks-learning.md')
  .parse()
  .opts<{
    rows: number[];
    trees: number;
    threads: number[];
    tasks: TaskName[];
    tables: TableName[];
    peers: (Engine | 'none')[];
    runs: number;
    json?: string;
    write?: true;
  }>();

await mkdir(FOLDER, { recursive: true });
const lines: Line[] = [];
for (const task of options.tasks) {
  const wanted = PEERS[task].filter((engine) => options.peers.includes(engine));
  const peers = wanted.filter((engine) => engine !== 'ml-random-forest');
  for (const table of options.tables) {
    for (const threads of options.threads) {
      const shared = { table, task, trees: options.trees, threads, runs: options.runs };
      for (const rows of options.rows) lines.push(...(await measure({ ...shared, rows, peers })));
      if (peers.length < wanted.length && threads === 1) {
        const rows = Math.min(ML_RANDOM_FOREST_ROWS, ...options.rows);
        lines.push(...(await measure({ ...shared, rows, peers: ['ml-random-forest'] })));
      }
    }
  }
}
const text = report(lines, options.runs, {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGb: totalmem() / 2 ** 30,
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  day: new Date().toISOString().slice(0, 10),
});
process.stdout.write(text);
if (options.json !== undefined)
  await writeFile(options.json, `${JSON.stringify(lines, null, 2)}\n`);
if (options.write === true) {
  const page = join(PROJECT, 'docs', 'benchmarks-learning.md');
  const [found = ''] = (await readFile(page, 'utf8')).split('\n## Measured\n');
  await writeFile(page, `${found.trimEnd()}\n\n## Measured\n\n${text}`);
}
