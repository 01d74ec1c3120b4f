/** One task of titleholder or ml-random-forest in a process of its own: task JSON in, answer JSON out. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quantile } from 'simple-statistics';
import { readTable, type Labelled } from './data.ts';
import { type Answer, type Measured, Task } from './task.ts';
import { growForestOnThreads } from '#adapters/threads/grow-forest.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { type Estimator, estimatorKind } from '#learning/pipeline/estimators.ts';
import { type RawRow, scorer } from '#learning/pipeline/scorer.ts';
import { featureOf } from '#learning/pipeline/transforms.ts';
import type { Table } from '#learning/table.ts';
import { checkForestSettings } from '#learning/trees/forest-estimator.ts';
import { fitInputs } from '#learning/trees/tree-estimator.ts';

const WARM_ROWS = 3000;
const TIMED_ROWS = 5000;
const BATCHES = 5;

const task = Task.parse(JSON.parse(process.argv[2] ?? ''));
const train = await readTable(join(task.folder, 'train'));
const judge = await readTable(join(task.folder, 'judge'));
const measured = await measure();
const answer: Answer = { ...measured, peakRssMb: process.resourceUsage().maxRSS / 1024 };
process.stdout.write(`${JSON.stringify(answer)}\n`);

async function measure(): Promise<Measured> {
  const began = performance.now();
  const estimator = await fit(train);
  const fitSeconds = (performance.now() - began) / 1000;
  const model = artifactOf(train.table, estimator);
  await writeFile(join(task.folder, 'scores.f64'), scorer(model).scoreTable(judge.table));
  // ml-random-forest's trees are walked by our own scorer: its time is no other.
  const isTimed = task.engine === 'titleholder' && task.task === 'forest' && task.threads === 1;
  const nothing = { rowsPerSecond: null, p50Micros: null, p99Micros: null };
  return { fitSeconds, ...(isTimed ? predict(model, judge.table) : nothing) };
}

async function fit({ table, labels }: Labelled): Promise<Estimator> {
  const { seed, parameters, threads } = task;
  const kind = task.task;
  const settings = kind === 'forest' ? { ...parameters, trees: task.trees } : parameters;
  if (task.engine === 'titleholder' && kind === 'forest' && threads > 1) {
    const { inputs, bytes } = fitInputs(table, labels);
    const { forest } = await growForestOnThreads(
      { bins: bytes, labels, settings: checkForestSettings(settings), seed },
      threads,
    );
    const { trees, split, bin, cover, positives, classWeights } = forest;
    return { kind: 'forest', inputs, trees, split, bin, cover, positives, classWeights };
  }
  const verbs = estimatorKind(task.engine === 'titleholder' ? kind : task.engine);
  if (verbs === undefined) throw new Error(`there is no ${kind} here`);
  const checked = verbs.check(settings);
  return verbs.fit({ table, labels, settings: checked, seed, outOfBag: false }).estimator;
}

function artifactOf(table: Table, estimator: Estimator): Artifact {
  return {
    format: 'titleholder-model',
    schemaVersion: 2,
    columns: table.columns.map(featureOf),
    transforms: [],
    estimator,
    calibrator: null,
    threshold: 0.5,
    positive: '1',
    trainingManifest: `sha256:${'0'.repeat(64)}`,
    provenance: {
      model: 'bench',
      commit: null,
      bundle: null,
      data: 'made',
      code: 'bench',
      seed: task.seed,
      asOf: null,
      stage: 'full',
      candidate: task.task,
    },
  };
}

/** One row from its named cells, as serving gets it; and all rows of the table. */
function predict(model: Artifact, table: Table): Omit<Measured, 'fitSeconds'> {
  const { scoreRecord, scoreTable } = scorer(model);
  const records = Array.from({ length: table.rows }, (_, row) => recordOf(table, row));
  const micros: number[] = [];
  let sum = 0;
  for (let i = -WARM_ROWS; i < TIMED_ROWS; i += 1) {
    const record = records[(i + WARM_ROWS) % records.length] ?? {};
    const began = process.hrtime.bigint();
    sum += scoreRecord(record);
    const ended = process.hrtime.bigint();
    if (i >= 0) micros.push(Number(ended - began) / 1000);
  }
  const rates: number[] = [];
  for (let i = 0; i < BATCHES; i += 1) {
    const began = performance.now();
    sum += scoreTable(table)[0] ?? 0;
    rates.push((1000 * table.rows) / (performance.now() - began));
  }
  if (Number.isNaN(sum)) throw new Error('a score is not a number');
  return {
    p50Micros: quantile(micros, 0.5),
    p99Micros: quantile(micros, 0.99),
    rowsPerSecond: quantile(rates, 0.5),
  };
}

function recordOf(table: Table, row: number): RawRow {
  return Object.fromEntries(
    table.columns.map((column) => [
      column.name,
      column.kind === 'numeric'
        ? (column.values[row] ?? null)
        : (column.levels[column.codes[row] ?? -1] ?? null),
    ]),
  );
}
