/** Measurements beside the models' metrics and their differences; made on the holdout unless a field says otherwise. */
import type { Measurements } from '#gates/measurements.ts';
import type { ReadRules } from '#learning/cells.ts';
import { type Artifact, modelHash } from '#learning/pipeline/artifact.ts';
import { judgingGroups } from '#learning/metrics/jackknife.ts';
import type { Table } from '#learning/table.ts';
import { leakOf } from '#dataset/leaks.ts';
import type { Rows } from '#training/training-rows.ts';
import { measureImportance } from './importance.ts';

/** What a measurement is made of. */
export interface MeasuredOn {
  readonly challenger: Artifact;
  readonly champion: Artifact | null;
  /** The holdout's features, and 1 for the positive class, else 0. */
  readonly table: Table;
  /** How its cells were read. */
  readonly rules: ReadRules | null;
  readonly labels: Uint8Array;
  /** Any whole number a row, the same for rows of one group. */
  readonly groups: Int32Array;
  /** The run's master seed. */
  readonly seed: number;
  /** The holdout's groups, and those of them that trained challenger or champion. */
  readonly unseen: { readonly groups: number; readonly trained: number };
  /** The rows that trained: no column is looked at on the holdout. */
  readonly training: Pick<Rows, 'table' | 'labels'>;
  readonly target: string;
}

/** `paired` and `anchor` come with the metrics; `checks` is what evidence of version 1 had. */
export type MeasuredApart = Exclude<keyof Measurements, 'paired' | 'anchor' | 'checks'>;

/** A function a measurement; undefined where these rows don't allow it. */
export const MEASURE: {
  readonly [Name in MeasuredApart]: (of: MeasuredOn) => Measurements[Name] | undefined;
} = {
  holdoutUnseen: ({ unseen }) => unseen,
  judges: judgingGroups,
  modelHashes: ({ challenger, champion }) => ({
    challenger: modelHash(challenger),
    champion: champion === null ? null : modelHash(champion),
  }),
  importance: (of) => measureImportance(of) ?? undefined,
  alone: ({ training, target }) => ({
    target,
    columns: training.table.columns
      .flatMap((column) => leakOf(column, training.labels, target) ?? [])
      .toSorted((a, b) => b.auc - a.auc)
      .slice(0, MOST_COLUMNS),
  }),
};
/** Evidence stays small where a table is of nothing else. */
const MOST_COLUMNS = 20;
