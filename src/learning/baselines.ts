/** What any model has to beat: the base rate, and one cut of the best single column. */
import type { Artifact, Provenance } from './pipeline/artifact.ts';
import { featureOf } from './pipeline/transforms.ts';
import { growForest } from './trees/forest.ts';
import { fitInputs } from './trees/tree-estimator.ts';
import { checkLabels, checkTable, type Table } from './table.ts';

export const BASELINE_NAMES = ['base-rate', 'best-column'] as const;
export type BaselineName = (typeof BASELINE_NAMES)[number];

export interface BaselineInput {
  /** Feature columns of training rows only. */
  readonly table: Table;
  /** 1 for the positive class, else 0. */
  readonly labels: Uint8Array;
  /** A group a row, where rows of one group belong together. Absent: each row its own. */
  readonly groups?: Int32Array | undefined;
  readonly positive: string;
  readonly trainingManifest: string;
  readonly provenance: Provenance;
}

/**
 * A trivial baseline as an artifact like any other, so that it is scored by the same code.
 *
 * `base-rate` gives every row the training rows' share of positives; `best-column` is the one Gini split of
 * one column that parts the training rows best (Holte 1993). Both label by 0.5. Throws `TableInvalid` and
 * `OneClass`.
 */
export function fitBaseline(name: BaselineName, input: BaselineInput): Artifact {
  const { table, labels } = input;
  checkTable(table);
  checkLabels(labels, table.rows);
  const { inputs, bytes } = fitInputs(table, labels, input.groups);
  const grown = growForest({
    bins: bytes,
    labels,
    settings: {
      trees: 1,
      maxDepth: name === 'base-rate' ? 0 : 1,
      minLeaf: 1,
      featuresPerSplit: 'all',
    },
    seed: 0,
    bootstrap: false,
  });
  const { trees, split, bin, cover, positives } = grown.forest;
  return {
    format: 'titleholder-model',
    schemaVersion: 2,
    columns: table.columns.map(featureOf),
    transforms: [],
    estimator: {
      kind: 'forest',
      inputs,
      trees,
      split,
      bin,
      cover,
      positives,
      classWeights: [1, 1],
    },
    calibrator: null,
    threshold: 0.5,
    positive: input.positive,
    trainingManifest: input.trainingManifest,
    provenance: { ...input.provenance, candidate: name },
  };
}
