/**
 * What a holdout says of the days to come, where the rate of the target walks from month to month: the
 * estimated AUC minus that on the next 1,000 rows, of a split by time and of one by identity.
 */
import type { Folder } from '#contracts/folder/charter.ts';
import { writeCsv } from '#dataset/csv.ts';
import { featureTable } from '#dataset/feature-table.ts';
import { prepare } from '#dataset/prepare.ts';
import { readPart } from '#dataset/read-table.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { aucOf } from '#learning/metrics/metrics.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { type Random, substream } from '#learning/random.ts';
import { readFolder } from '#model-folder/read.ts';
import { train } from '#training/train.ts';
import { type Counts, outcome, type Simulation } from './outcome.ts';

const ROWS = 4000;
/** The rows that come after the table. */
const NEXT = 1000;
const MONTHS = 40;
const DAYS_A_MONTH = 30.4;
/** Of the log odds: how far they go in a month, and what x adds. */
const STEP = 0.9;
const SLOPE = 0.5;
const SEEDS = { quick: 20, full: 100 } as const;
const BOUND = 0.02;
const FIRST_DAY = Date.UTC(2021, 0, 1);
const DAY_MS = 86_400_000;

const HEADER = ['opened', 'since', 'x', 'y'];

/** Rows in order of time. `since` counts the days, as a column of many tables does in some form. */
function drawRows(random: Random): readonly (readonly string[])[] {
  let odds = 0;
  const walk = Array.from({ length: MONTHS }, () => (odds += STEP * random.nextNormal()));
  const mean = walk.reduce((sum, one) => sum + one, 0) / MONTHS;
  return Array.from({ length: ROWS }, (_, row) => {
    const month = Math.floor((row * MONTHS) / ROWS);
    const day = Math.floor((DAYS_A_MONTH * row * MONTHS) / ROWS);
    const x = random.nextNormal();
    const rate = 1 / (1 + Math.exp(-((walk[month] ?? 0) - mean + SLOPE * x)));
    return [
      new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10),
      String(day),
      x.toFixed(3),
      random.nextFloat() < rate ? 'yes' : 'no',
    ];
  });
}

/** Trees go on with the last month's rate: what comes out isn't how well a line was prolonged. */
function forestOf(minLeaf: number): object {
  const settings = { trees: 30, maxDepth: 12, minLeaf, featuresPerSplit: 'all' };
  return { name: `forest-leaf-${minLeaf}`, algorithm: 'forest', settings };
}

function folderOf(split: object): Folder {
  return readFolder({
    'model.json': JSON.stringify({
      schemaVersion: 1,
      name: 'drift',
      title: 'Drift',
      target: 'y',
      positive: 'yes',
      identity: { row: true, time: 'opened' },
      data: { path: 'data.csv' },
      split: { holdout: 0.2, ...split },
      plan: { primaryMetric: 'auc', folds: 5 },
      seed: 1,
      quick: {},
      candidates: [forestOf(3), forestOf(60)],
    }),
    'schema.json': JSON.stringify({
      schemaVersion: 1,
      columns: [
        { name: 'opened', type: 'date', role: 'time' },
        { name: 'since', type: 'number', role: 'feature' },
        { name: 'x', type: 'number', role: 'feature' },
        { name: 'y', type: 'category', role: 'target' },
      ],
    }),
    'policy.json': JSON.stringify({ schemaVersion: 1, tier: 'standard', gates: [], approval: {} }),
  });
}

/** The holdout's AUC minus that on the rows to come, of the model that the line would train. */
function flattery(folder: Folder, rows: readonly (readonly string[])[]): number {
  const asOf = '2026-01-01T00:00:00.000Z';
  const csv = writeCsv(HEADER, rows.slice(0, ROWS - NEXT));
  const prepared = prepare({ folder, csv, file: 'data.csv', asOf, stored: null });
  const { artifact } = train({
    folder,
    training: prepared.training,
    trainingManifest: sha256Hex(prepared.trainingManifest),
    provenance: {
      model: 'drift',
      commit: null,
      bundle: null,
      data: sha256Hex(csv),
      code: sha256Hex('code'),
      asOf: null,
    },
    stopwatch: () => 0,
  });
  const { scoreTable } = scorer(decodeArtifact(artifact));
  const aucOn = (part: Uint8Array): number => {
    const data = readPart(part, 'rows', folder);
    return aucOf(scoreTable(featureTable(data)), data.labels);
  };
  return aucOn(prepared.holdout) - aucOn(writeCsv(HEADER, rows.slice(ROWS - NEXT)));
}

const meanFlattery = (split: object, counts: Counts) => {
  const folder = folderOf(split);
  const trials = SEEDS[counts];
  let sum = 0;
  for (let seed = 0; seed < trials; seed += 1) {
    sum += flattery(folder, drawRows(substream(seed, 'time-split')));
  }
  return { trials, observed: sum / trials };
};

export const timeSplit: readonly Simulation[] = [
  {
    name: 'time-split',
    run: (counts) =>
      outcome('time-split', 'within', BOUND, () => meanFlattery({ by: 'time' }, counts)),
  },
  {
    // For comparison: what it flatters by is no promise, and no difference of two AUCs is above 1.
    name: 'time-split/by-identity',
    run: (counts) => outcome('time-split/by-identity', 'within', 1, () => meanFlattery({}, counts)),
  },
];
