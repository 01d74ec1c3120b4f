/** One small model file of every estimator, transform and calibrator. */
import type { ReadRules } from '#learning/cells.ts';
import { type Artifact, encodeArtifact } from '#learning/pipeline/artifact.ts';
import { ESTIMATOR_NAMES } from '#learning/pipeline/estimators.ts';
import { type PipelineSpec, fitPipeline } from '#learning/pipeline/fit.ts';
import type { TransformSpec } from '#learning/pipeline/transform-specs.ts';
import { MANIFEST, madeUp, PROVENANCE } from '../made-up-table.ts';
import { substream } from '#learning/random.ts';
import type { RawRow } from '#learning/pipeline/scorer.ts';
import type { Column, Table } from '#learning/table.ts';

const SETTINGS: Readonly<Record<string, PipelineSpec['settings']>> = {
  forest: { trees: 5, maxDepth: 5, minLeaf: 3, featuresPerSplit: 'sqrt' },
  boosting: { rounds: 6, leaves: 8, minLeaf: 5 },
  logistic: { l2: 1 },
  'ml-random-forest': { trees: 5, maxDepth: 5, minLeaf: 3, featuresPerSplit: 'all' },
};

export const EVERY_TRANSFORM: Readonly<Record<string, readonly TransformSpec[]>> = {
  none: [],
  impute: [
    { kind: 'impute', with: 'median' },
    { kind: 'impute', with: 'most-frequent', columns: ['place'] },
  ],
  oneHot: [{ kind: 'encode', as: 'one-hot' }],
  ordinal: [{ kind: 'encode', as: 'ordinal' }],
  frequency: [{ kind: 'encode', as: 'frequency' }],
  product: [{ kind: 'interact', as: 'product', pairs: [['first', 'second']] }],
  ratio: [{ kind: 'interact', as: 'ratio', pairs: [['first', 'second']] }],
  cross: [{ kind: 'interact', as: 'cross', pairs: [['place', 'ward']] }],
  select: [{ kind: 'select', best: 3 }],
  all: [
    { kind: 'interact', as: 'cross', pairs: [['place', 'ward']] },
    { kind: 'interact', as: 'ratio', pairs: [['noise', 'second']] },
    { kind: 'impute', with: 'mean' },
    { kind: 'encode', as: 'frequency', columns: ['place×ward'] },
    { kind: 'interact', as: 'product', pairs: [['place×ward', 'first']] },
    { kind: 'encode', as: 'one-hot', columns: ['place'] },
    { kind: 'encode', as: 'ordinal' },
    { kind: 'select', best: 7 },
  ],
};

/** How the cells of a few of the files are read. */
const READ: ReadRules = {
  separator: ';',
  decimal: ',',
  missing: ['?', '-999'],
  booleans: [],
  codes: ['ward'],
  units: [{ column: 'second', unit: '%' }],
};

/** `madeUp` and a second category. */
export function twoCategories(rows: number, seed = 1): { table: Table; labels: Uint8Array } {
  const { table, labels } = madeUp(rows, seed);
  const random = substream(seed, 'ward');
  const ward: Column = {
    kind: 'categorical',
    name: 'ward',
    levels: ['I', 'II', 'III'],
    codes: Int32Array.from({ length: rows }, () => random.nextInt(4) - 1),
  };
  return { table: { rows, columns: [...table.columns, ward] }, labels };
}

export interface EveryFile {
  readonly algorithm: string;
  readonly transform: string;
  readonly calibration: 'none' | 'sigmoid' | 'isotonic';
  readonly artifact: Artifact;
  readonly bytes: Uint8Array;
}

/** Every estimator with every transform; calibrators take turns, so each meets each estimator. */
export function everyFile(): readonly EveryFile[] {
  const { table, labels } = twoCategories(200);
  const turns = ['none', 'sigmoid', 'isotonic'] as const;
  return ESTIMATOR_NAMES.flatMap((name, a) =>
    Object.entries(EVERY_TRANSFORM).map(([transform, specs], t): EveryFile => {
      const calibration = turns[(a + t) % turns.length]!;
      const artifact = fitPipeline({
        table,
        labels,
        candidate: {
          name: 'made-up',
          algorithm: name as PipelineSpec['algorithm'],
          settings: SETTINGS[name] ?? {},
          transforms: specs,
          calibration,
        },
        seed: 1,
        positive: 'yes',
        thresholdRule: 0.5,
        trainingManifest: MANIFEST,
        provenance: PROVENANCE,
      });
      const whole = transform === 'impute' ? { ...artifact, read: READ, negative: 'no' } : artifact;
      return {
        algorithm: name,
        transform,
        calibration,
        artifact: whole,
        bytes: encodeArtifact(whole),
      };
    }),
  );
}

/** Rows as a client sends them, with missing cells and levels that training never saw. */
export function servedRecords(rows: number, seed = 5): RawRow[] {
  const { table } = twoCategories(rows, seed);
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      table.columns.map((column) => {
        if (column.kind === 'numeric') {
          const value = column.values[row]!;
          return [column.name, Number.isNaN(value) ? null : value];
        }
        if (row % 7 === 3) return [column.name, 'nowhere'];
        return [column.name, column.levels[column.codes[row]!] ?? 'NA'];
      }),
    ),
  );
}
