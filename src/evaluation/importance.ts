/** What challenger and champion lean on: the same columns of the same rows, shuffled alike. */
import type { Importance, ShuffleSpread } from '#gates/importance.ts';
import { LearningError } from '#learning/errors.ts';
import { permutationImportance } from '#learning/explain/permutation.ts';
import type { ReadRules } from '#learning/cells.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import type { Table } from '#learning/table.ts';
import { someOf } from '#learning/sample-rows.ts';
import { levelsAsTrained } from './levels-as-trained.ts';

/** Rows by columns, so that a wide table takes no longer: each cell is scored once a repeat. */
const CELLS = 400_000;
const FEWEST_ROWS = 200;
const MOST_ROWS = 2000;
const REPEATS = 3;

/**
 * The fall of AUC when a column is shuffled, for both models: of what both read, then of what only one does.
 *
 * A shuffle's chance comes from (seed, column, repeat), so both models see the same shuffled rows. Null
 * where the rows can't tell: too few for an AUC, or all of one class.
 */
export function measureImportance(of: {
  readonly challenger: Artifact;
  readonly champion: Artifact | null;
  readonly table: Table;
  /** How the table's cells were read: a champion may have been trained on other texts. */
  readonly rules: ReadRules | null;
  readonly labels: Uint8Array;
  readonly seed: number;
}): Importance | null {
  const rows = Math.floor(CELLS / of.table.columns.length);
  const some = someOf(of.table, of.labels, Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, rows)));
  const spreads = (model: Artifact | null): ReadonlyMap<string, ShuffleSpread> => {
    if (model === null) return new Map();
    const read = new Set(model.columns.map((column) => column.name));
    const columns = some.table.columns.filter((column) => read.has(column.name));
    const found = permutationImportance({
      table: levelsAsTrained(model, { ...some.table, columns }, of.rules),
      labels: some.labels,
      scorer: scorer(model),
      seed: of.seed,
      repeats: REPEATS,
    });
    return new Map(found.map(({ column, mean, deviation }) => [column, { mean, deviation }]));
  };
  try {
    const challenger = spreads(of.challenger);
    const champion = spreads(of.champion);
    return {
      rows: some.table.rows,
      repeats: REPEATS,
      columns: [...new Set([...challenger.keys(), ...champion.keys()])].map((column) => ({
        column,
        challenger: challenger.get(column) ?? null,
        champion: champion.get(column) ?? null,
      })),
    };
  } catch (error) {
    if (error instanceof LearningError && error.name === 'OneClass') return null;
    throw error;
  }
}
