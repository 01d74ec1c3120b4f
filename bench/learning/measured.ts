/** The medians of a benchmark, and the file in which runs of its parts come together. */
import { readFile, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { TABLES } from './data.ts';
import { ENGINES, TASKS } from './task.ts';

const amount = z.number().nullable();

/** One engine at one task: medians over the runs; null is what the task doesn't measure. */
const Line = z.strictObject({
  engine: z.enum([...ENGINES, 'shap']),
  task: z.enum([...TASKS, 'shap']),
  table: z.enum(TABLES),
  rows: z.int(),
  columns: z.int(),
  /** Boosting's are its rounds. */
  trees: z.int().nullable(),
  threads: z.int(),
  runs: z.int(),
  fitSeconds: amount,
  auc: amount,
  logLoss: amount,
  rowsPerSecond: amount,
  p50Micros: amount,
  p99Micros: amount,
  peakRssMb: amount,
  /** The greatest difference between a SHAP value of ours and shap's. */
  furthest: amount,
});
export type Line = z.infer<typeof Line>;

/** What the times hold for: lines of two environments never stand in one table. */
const Environment = z.strictObject({
  processor: z.string(),
  cores: z.int(),
  memoryGb: z.int(),
  platform: z.string(),
  versions: z.record(z.string(), z.string()),
});
export type Environment = z.infer<typeof Environment>;

const BenchResults = z.strictObject({
  environment: Environment,
  /** Of the last measurement. */
  day: z.iso.date(),
  lines: z.array(Line),
});
export type BenchResults = z.infer<typeof BenchResults>;

/** What was measured before with what is new in the place of its elders; only the new in another environment. */
export function merged(before: BenchResults | undefined, now: BenchResults): BenchResults {
  if (before === undefined || !isSame(before.environment, now.environment)) return now;
  // A peer that isn't there now may have been measured when it was.
  const versions = { ...before.environment.versions, ...now.environment.versions };
  const lines = joined(before.lines, now.lines);
  return { ...now, environment: { ...now.environment, versions }, lines };
}

function isSame(before: Environment, now: Environment): boolean {
  return (
    before.processor === now.processor &&
    before.cores === now.cores &&
    before.memoryGb === now.memoryGb &&
    before.platform === now.platform &&
    Object.entries(now.versions).every(
      ([name, version]) => (before.versions[name] ?? version) === version,
    )
  );
}

/** Lines in order, each case once: as it was measured last. */
export function joined(before: readonly Line[], now: readonly Line[]): Line[] {
  const kept = before.filter((old) => !now.some((line) => isSameCase(old, line)));
  return [...kept, ...now].toSorted(inOrder);
}

function isSameCase(a: Line, b: Line): boolean {
  return a.engine === b.engine && isComparable(a, b) && a.threads === b.threads;
}

/** Whether two lines differ in nothing but their engine and threads. */
export function isComparable(a: Line, b: Line): boolean {
  return a.task === b.task && a.table === b.table && a.rows === b.rows && a.trees === b.trees;
}

function inOrder(a: Line, b: Line): number {
  const places = (line: Line): number[] => [
    [...TASKS, 'shap'].indexOf(line.task),
    TABLES.indexOf(line.table),
    line.rows,
    line.threads,
    [...ENGINES, 'shap'].indexOf(line.engine),
  ];
  const theirs = places(b);
  return places(a).reduce((found, place, i) => found || place - (theirs[i] ?? 0), 0);
}

export async function readResults(file: string): Promise<BenchResults | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const found = BenchResults.safeParse(JSON.parse(text));
  // A file of an older version of this benchmark is as good as none.
  return found.data;
}

export async function writeResults(file: string, measured: BenchResults): Promise<void> {
  await writeFile(file, `${JSON.stringify(measured, null, 2)}\n`);
}
