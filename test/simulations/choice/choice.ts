/**
 * What the choice rule gives away against the best mean over folds, and `init`'s candidates against
 * scikit-learn, in AUC on the holdouts of the line's own splits.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { featureTable } from '#dataset/feature-table.ts';
import { readTable } from '#dataset/read-table.ts';
import { meanOf, standardErrorOf } from '#training/fold-statistics.ts';
import { writeTable } from '../../../bench/learning/data.ts';
import { type Counts, measureOutcome, type Simulation } from '../outcome.ts';
import { type ChoiceTrial, type InitTable, initTable, tryChoice } from './splits.ts';
import { CHOICE_TABLES, type ChoiceTable } from './tables.ts';

/**
 * Full: what is promised, in AUC. Quick finds gross faults only: a single split's difference has a
 * standard deviation of up to 0.025. doctor-visits, of 20,190 rows, is thinned in both: 40 splits of the
 * whole take more than an hour.
 */
const LIMITS = {
  quick: { splits: 2, mostRows: 4500, choice: 0.03, mean: 0.015, peers: 0.03 },
  full: { splits: 40, mostRows: 6000, choice: 0.005, mean: 0.003, peers: 0.005 },
};

interface Trials {
  readonly table: InitTable;
  readonly trials: readonly ChoiceTrial[];
}

/** One a table and counts: the choice and the peers are measured on the same splits. */
const known = new Map<string, Trials>();

async function trialsOf(table: ChoiceTable, counts: Counts): Promise<Trials> {
  const key = `${counts} ${table.name}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const { splits, mostRows } = LIMITS[counts];
  const made = await initTable(table, mostRows);
  const trials = Array.from({ length: splits }, (_, i) => tryChoice(made, i + 1));
  const found = { table: made, trials };
  known.set(key, found);
  return found;
}

/** What the rule gave away on each split. */
async function lossesOf(table: ChoiceTable, counts: Counts): Promise<readonly number[]> {
  const { trials } = await trialsOf(table, counts);
  return trials.map(({ bestAuc, chosenAuc }) => bestAuc - chosenAuc);
}

const choiceOfTables = CHOICE_TABLES.map((table): Simulation => {
  const name = `choice/${table.name}`;
  return {
    name,
    run: (counts) =>
      measureOutcome(name, 'at-most', async () => {
        const losses = await lossesOf(table, counts);
        const bound = LIMITS[counts].choice + (standardErrorOf(losses) ?? 0);
        return { trials: losses.length, observed: meanOf(losses), bound };
      }),
  };
});

const choiceOfAll: Simulation = {
  name: 'choice/mean-of-tables',
  run: (counts) =>
    measureOutcome('choice/mean-of-tables', 'at-most', async () => {
      const means: number[] = [];
      for (const table of CHOICE_TABLES) means.push(meanOf(await lossesOf(table, counts)));
      const trials = means.length * LIMITS[counts].splits;
      return { trials, observed: meanOf(means), bound: LIMITS[counts].mean };
    }),
};

export const choice: readonly Simulation[] = [...choiceOfTables, choiceOfAll];

/** Against the peer that is the best on the mean over the splits. */
export const peers: readonly Simulation[] = CHOICE_TABLES.map((table): Simulation => {
  const name = `peers/${table.name}`;
  return {
    name,
    run: (counts) =>
      measureOutcome(name, 'at-most', async () => {
        const { table: made, trials } = await trialsOf(table, counts);
        const scores = await scikitLearn(made, trials);
        const losses = Object.keys(scores[0] ?? {})
          .map((peer) => trials.map(({ chosenAuc }, i) => (scores[i]?.[peer] ?? 0) - chosenAuc))
          .reduce((worst, one) => (meanOf(one) > meanOf(worst) ? one : worst));
        const bound = LIMITS[counts].peers + 2 * (standardErrorOf(losses) ?? 0);
        return { trials: losses.length, observed: meanOf(losses), bound };
      }),
  };
});

const PROJECT = join(import.meta.dirname, '../../..');
const Scores = z.array(z.record(z.string(), z.number()));

async function scikitLearn(
  { csv, file, folder }: InitTable,
  trials: readonly ChoiceTrial[],
): Promise<z.infer<typeof Scores>> {
  const dir = mkdtempSync(join(tmpdir(), 'titleholder-peers-'));
  try {
    const data = readTable(csv, file, folder);
    await writeTable(dir, { table: featureTable(data), labels: data.labels });
    writeFileSync(join(dir, 'splits.json'), JSON.stringify(trials.map(({ holdout }) => holdout)));
    const python = join(PROJECT, '.local/venv-scikit-learn/bin/python');
    const { error, status, stdout, stderr } = spawnSync(
      python,
      [join(import.meta.dirname, 'peers.py'), dir],
      {
        encoding: 'utf8',
        env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
      },
    );
    if (error !== undefined) {
      throw new Error(`${error.message}: npm run simulate sets scikit-learn up`);
    }
    if (status !== 0) throw new Error(`peers.py: ${stderr}`);
    return Scores.parse(JSON.parse(stdout));
  } finally {
    rmSync(dir, { recursive: true });
  }
}
