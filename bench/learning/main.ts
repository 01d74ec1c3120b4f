/**
 * `npm run bench:learning`: the engine beside its peers, each task in a process of its own on the same
 * cores, ours and theirs in turn.
 *
 * `--json F` writes the list of medians; `--write` puts them with those measured before into
 * docs/benchmarks-learning.md, below its heading "Measured". Both happen after every comparison.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { median } from 'simple-statistics';
import * as z from 'zod';
import { madeTable, TABLES, type TableName, writeTable } from './data.ts';
import {
  type Environment,
  joined,
  type Line,
  type BenchResults,
  merged,
  readResults,
  writeResults,
} from './measured.ts';
import { ask, type Judged, PYTHON, versions } from './processes.ts';
import { report } from './report.ts';
import { compareWithShap } from './shap.ts';
import { type Engine, ENGINES, TASKS, type TaskName } from './task.ts';
import { PROJECT } from '../../cli/local-stack.ts';

const JUDGED_ROWS = 20_000;
const EXPLAINED_ROWS = 1000;
const SEED = 1;
/** Its training is quadratic. */
const ML_RANDOM_FOREST_ROWS = 500;
/** A training that takes longer isn't repeated. */
const LONG_SECONDS = 60;
const FOLDER = join(PROJECT, '.local', 'bench-learning');
const STORE = join(FOLDER, 'measured.json');
const PAGE = join(PROJECT, 'docs', 'benchmarks-learning.md');
const SIZES = { forest: [10_000, 100_000, 1_000_000], others: [100_000] };
/** From here on the peers run on all threads only: the fewer are there to show what a thread is worth. */
const MANY_ROWS = 1_000_000;
const PEERS: Readonly<Record<TaskName, readonly Engine[]>> = {
  forest: ['sklearn', 'lightgbm'],
  boosting: ['sklearn', 'lightgbm'],
  logistic: ['sklearn'],
};

const Parameters = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())));
const parameters = Parameters.parse(
  JSON.parse(await readFile(join(import.meta.dirname, 'parameters.json'), 'utf8')),
);

interface Contestant {
  readonly engine: Engine;
  readonly threads: number;
}

interface Contest {
  readonly task: TaskName;
  readonly table: TableName;
  readonly rows: number;
  readonly contestants: readonly Contestant[];
}

const whole = (text: string): number => {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1)) throw new InvalidArgumentError('a whole number');
  return value;
};
const wholes = (text: string): number[] => text.split(',').map(whole);
const oneOf =
  <Name extends string>(names: readonly Name[]) =>
  (text: string): Name[] =>
    text.split(',').map((word) => {
      const name = names.find((each) => each === word);
      if (name === undefined) throw new InvalidArgumentError(`any of ${names.join(',')}`);
      return name;
    });

const ALL_TASKS = [...TASKS, 'shap'] as const;
const ALL_PEERS = [...ENGINES.filter((engine) => engine !== 'titleholder'), 'shap'] as const;
const options = new Command('bench:learning')
  .option(
    '--rows <n,…>',
    `training rows (otherwise ${SIZES.forest.join(',')} for the forest and ${SIZES.others.join(',')} for the rest)`,
    wholes,
  )
  .option('--trees <n>', 'trees of a forest', whole, 100)
  .option('--threads <n,…>', 'cores of the forest; everything else has one', wholes, [1, 2])
  .option('--tasks <task,…>', ALL_TASKS.join(','), oneOf(ALL_TASKS), [...ALL_TASKS])
  .option('--tables <table,…>', TABLES.join(','), oneOf(TABLES), [...TABLES])
  .option(
    '--peers <engine,…>',
    `${ALL_PEERS.join(',')}; none: only ours`,
    oneOf([...ALL_PEERS, 'none']),
    [...ALL_PEERS],
  )
  .option('--runs <n>', 'rounds of ours and theirs', whole, 3)
  .option('--json <file>', 'the medians as a list')
  .option('--write', 'puts them into docs/benchmarks-learning.md')
  .parse()
  .opts<{
    rows?: number[];
    trees: number;
    threads: number[];
    tasks: (typeof ALL_TASKS)[number][];
    tables: TableName[];
    peers: ((typeof ALL_PEERS)[number] | 'none')[];
    runs: number;
    json?: string;
    write?: true;
  }>();

const wanted = new Set<string>(options.peers);
const began = performance.now();
const environment: Environment = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  versions: await versions(),
};
let lines: readonly Line[] = [];
const missing: string[] = [];

function say(text: string): void {
  const seconds = Math.round((performance.now() - began) / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  process.stderr.write(`${clock} ${text}\n`);
}

function contestsOf(task: TaskName, table: TableName): Contest[] {
  const peers = PEERS[task].filter((engine) => wanted.has(engine));
  const sizes = options.rows ?? (task === 'forest' ? SIZES.forest : SIZES.others);
  const threads = task === 'forest' ? options.threads : [1];
  const contests = sizes.map((rows): Contest => {
    const contestants = threads.flatMap((count) => {
      const alone = rows >= MANY_ROWS && count < Math.max(...threads);
      const engines: Engine[] = ['titleholder', ...(alone ? [] : peers)];
      return engines.map((engine) => ({ engine, threads: count }));
    });
    return { task, table, rows, contestants };
  });
  if (task !== 'forest' || !wanted.has('ml-random-forest')) return contests;
  const rows = Math.min(ML_RANDOM_FOREST_ROWS, ...sizes);
  const engines = ['titleholder', 'ml-random-forest'] as const;
  return [
    ...contests,
    { task, table, rows, contestants: engines.map((engine) => ({ engine, threads: 1 })) },
  ];
}

/** Every contestant in turn, `runs` times; one that fails is out, and what it measured stays. */
async function hold({ task, table, rows, contestants }: Contest): Promise<Line[]> {
  const folder = join(FOLDER, `${table}-${rows}`);
  const train = madeTable(table, rows, SEED);
  await writeTable(join(folder, 'train'), train);
  await writeTable(join(folder, 'judge'), madeTable(table, JUDGED_ROWS, SEED + 1));
  const answers = contestants.map((): Judged[] => []);
  const isOut = contestants.map(() => false);
  for (let run = 0; run < options.runs; run += 1) {
    for (const [i, { engine, threads }] of contestants.entries()) {
      if (isOut[i] === true) continue;
      const what = `${task}, ${table}, ${rows} rows, ${engine} on ${threads}`;
      try {
        const asked = { engine, task, folder, trees: options.trees, threads, seed: SEED };
        const answer = await ask({ ...asked, parameters: parameters[engine]?.[task] ?? {} });
        answers[i]?.push(answer);
        isOut[i] = answer.fitSeconds > LONG_SECONDS;
        say(`${what}, run ${run + 1}: ${said(answer)}`);
      } catch (error) {
        isOut[i] = true;
        fail(what, error);
      }
    }
  }
  await rm(folder, { recursive: true, force: true });
  const rounds = z.int().optional().parse(parameters['titleholder']?.[task]?.['rounds']);
  return contestants.flatMap(({ engine, threads }, i) => {
    const found = answers[i] ?? [];
    if (found.length === 0) return [];
    const middle = (of: (answer: Judged) => number | null): number | null => {
      const values = found.flatMap((answer) => of(answer) ?? []);
      return values.length === 0 ? null : median(values);
    };
    return {
      engine,
      task,
      table,
      rows,
      columns: train.table.columns.length,
      trees: task === 'forest' ? options.trees : (rounds ?? null),
      threads,
      runs: found.length,
      fitSeconds: middle((answer) => answer.fitSeconds),
      auc: middle((answer) => answer.auc),
      logLoss: middle((answer) => answer.logLoss),
      rowsPerSecond: middle((answer) => answer.rowsPerSecond),
      p50Micros: middle((answer) => answer.p50Micros),
      p99Micros: middle((answer) => answer.p99Micros),
      peakRssMb: middle((answer) => answer.peakRssMb),
      furthest: null,
    };
  });
}

/** Ours and shap on one forest, which scikit-learn grows: they measure together or not at all. */
async function explain(rows: number): Promise<Line[]> {
  const what = `shap, continuous, ${rows} rows`;
  const { trees, runs } = options;
  const explained = Math.min(EXPLAINED_ROWS, rows);
  try {
    const times = await compareWithShap({ python: PYTHON, rows, explained, trees, runs });
    const { ours, theirs, furthest } = times;
    const rate = (taken: typeof ours): number =>
      explained / median(taken.map(({ seconds }) => seconds));
    const shared = {
      task: 'shap',
      table: 'continuous',
      rows,
      columns: 20,
      trees,
      threads: 1,
      runs,
    } as const;
    const none = {
      fitSeconds: null,
      auc: null,
      logLoss: null,
      p50Micros: null,
      p99Micros: null,
      peakRssMb: null,
    };
    say(
      `${what}, the median of ${runs}: ours ${rate(ours).toFixed(0)} and theirs ${rate(theirs).toFixed(0)} rows a second`,
    );
    return [
      { engine: 'titleholder', ...shared, ...none, rowsPerSecond: rate(ours), furthest },
      { engine: 'shap', ...shared, ...none, rowsPerSecond: rate(theirs), furthest: null },
    ];
  } catch (error) {
    fail(what, error);
    return [];
  }
}

function fail(what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  missing.push(`${what}: ${reason}`);
  say(`${what} failed: ${reason}`);
  process.exitCode = 1;
}

function said(answer: Judged): string {
  return Object.entries<number | null>({ ...answer })
    .flatMap(([name, value]) => (value === null ? [] : `${name} ${value.toPrecision(4)}`))
    .join(', ');
}

async function keep(found: readonly Line[]): Promise<void> {
  lines = joined(lines, found);
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify(lines, null, 2)}\n`);
  if (options.write !== true) return;
  const all = merged(await readResults(STORE), now());
  await writeResults(STORE, all);
  const [above = ''] = (await readFile(PAGE, 'utf8')).split('\n## Measured\n');
  await writeFile(PAGE, `${above.trimEnd()}\n\n## Measured\n\n${report(all, missing)}`);
}

function now(): BenchResults {
  return { environment, day: new Date().toISOString().slice(0, 10), lines: [...lines] };
}

await mkdir(FOLDER, { recursive: true });
for (const task of options.tasks) {
  if (task !== 'shap') {
    for (const table of options.tables) {
      for (const contest of contestsOf(task, table)) await keep(await hold(contest));
    }
  } else if (wanted.has('shap')) {
    for (const rows of options.rows ?? SIZES.others) await keep(await explain(rows));
  }
}
say('done');
process.stdout.write(report(now(), missing));
