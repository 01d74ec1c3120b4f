/** A holdout's categories in the texts that an earlier model was trained on. */
import { levelCells, type ReadRules } from '#learning/cells.ts';
import { LearningError } from '#learning/errors.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import type { Column, Table } from '#learning/table.ts';

/**
 * The table with its levels renamed to those that the model was trained on, where today's rules read the
 * model's level as the table's.
 *
 * A model that was trained before schema.json had `read` has True and 1.0 for levels where the holdout has
 * true and 1; without the renaming, each such cell would count as unseen in training. The same holds for a
 * word that means missing today and was a level then. A model that was trained by today's rules gets its table back.
 *
 * Throws `RowInvalid` where today's rules read two of the model's levels as one: the holdout no longer
 * says which of the two a row had.
 */
export function levelsAsTrained(
  artifact: Pick<Artifact, 'columns'>,
  table: Table,
  rules: ReadRules | null,
): Table {
  if (rules === null) return table;
  const own = new Map(artifact.columns.map((column) => [column.name, column]));
  const columns = table.columns.map((column) => {
    const trained = own.get(column.name);
    return column.kind === 'categorical' && trained?.kind === 'categorical'
      ? rewritten(column, trained.levels, rules)
      : column;
  });
  return { rows: table.rows, columns };
}

function rewritten(
  column: Extract<Column, { readonly kind: 'categorical' }>,
  trained: readonly string[],
  rules: ReadRules,
): Column {
  const { name, levels, codes } = column;
  const levelOf = levelCells(rules, name);
  /** The model's level by today's; null is missing. */
  const before = new Map<string | null, string>();
  for (const level of trained) {
    const today = levelOf(level);
    // One that is refused today is in no row of the holdout.
    if (today === undefined) continue;
    if (before.has(today)) {
      throw new LearningError(
        'RowInvalid',
        `column '${name}' has levels that the model tells apart and schema.json's read does not: type code keeps them apart`,
        name,
      );
    }
    before.set(today, level);
  }
  const missing = before.get(null);
  const written = levels.map((level) => before.get(level) ?? level);
  if (missing === undefined) return { ...column, levels: written };
  return {
    ...column,
    levels: [...written, missing],
    codes: codes.map((code) => (code < 0 ? levels.length : code)),
  };
}
