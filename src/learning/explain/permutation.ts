/** How much worse a model scores rows in which one column's cells have changed places. */
import type { Scorer } from '#learning/pipeline/scorer.ts';
import { aucOf } from '#learning/metrics/metrics.ts';
import { LearningError } from '#learning/errors.ts';
import { substream } from '#learning/random.ts';
import { checkLabels, checkTable, selectRows, type Table } from '#learning/table.ts';

export interface PermutationInput {
  /** Rows that the model wasn't trained on. */
  readonly table: Table;
  /** 0 or 1 a row, both there. */
  readonly labels: Uint8Array;
  readonly scorer: Pick<Scorer, 'scoreTable' | 'scoreChanges'>;
  readonly seed: number;
  /** Absent: 5. */
  readonly repeats?: number;
}

export interface PermutationImportance {
  readonly column: string;
  /** The fall of AUC, one a repeat; below 0 where chance made it better. */
  readonly drops: Float64Array;
  readonly mean: number;
  /** Standard deviation over the repeats (population), as scikit-learn's `importances_std`. */
  readonly deviation: number;
}

/**
 * The fall of AUC where one column at a time is shuffled, `repeats` times: one entry a column, in order.
 *
 * Columns that say the same thing stand in for each other, so that each of them looks unimportant. Throws
 * `SettingsInvalid`, `TableInvalid` and `OneClass`. Source: Breiman 2001; Fisher, Rudin and Dominici 2019.
 */
export function permutationImportance(input: PermutationInput): readonly PermutationImportance[] {
  const { table, labels, scorer, seed, repeats = 5 } = input;
  if (!(Number.isInteger(repeats) && repeats >= 1)) {
    throw new LearningError('SettingsInvalid', 'repeats is a whole number from 1', 'repeats');
  }
  checkTable(table);
  checkLabels(labels, table.rows);
  const whole = aucOf(scorer.scoreTable(table), labels);
  const shuffled = table.columns.flatMap((column) =>
    Array.from({ length: repeats }, (_, repeat) => {
      const random = substream(seed, 'permutation', column.name, repeat);
      const order = Int32Array.from({ length: table.rows }, (__, row) => row);
      for (let left = order.length - 1; left > 0; left -= 1) {
        const pick = random.nextInt(left + 1);
        const row = order[left] ?? 0;
        order[left] = order[pick] ?? 0;
        order[pick] = row;
      }
      return selectRows({ rows: table.rows, columns: [column] }, order).columns;
    }).flat(),
  );
  const fallen = Float64Array.from(
    scorer.scoreChanges(table, shuffled),
    (scores) => whole - aucOf(scores, labels),
  );
  return table.columns.map((column, i) => {
    const drops = fallen.slice(i * repeats, (i + 1) * repeats);
    const mean = drops.reduce((a, b) => a + b, 0) / repeats;
    const variance = drops.reduce((sum, drop) => sum + (drop - mean) ** 2, 0) / repeats;
    return { column: column.name, drops, mean, deviation: Math.sqrt(variance) };
  });
}
