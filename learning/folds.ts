/** Which rows are held out together. */
import { LearningError } from './errors.ts';
import { substream } from './random.ts';

/**
 * The fold (0 to folds − 1) of each row: rows of one group share it, and folds get near-equal numbers of groups.
 *
 * `groups` holds any whole number a row. Throws `SettingsInvalid` for fewer than 2 folds or fewer groups
 * than folds.
 */
export function groupedFolds(groups: Int32Array, folds: number, seed: number): Int32Array {
  const names = [...new Set(groups)];
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= names.length)) {
    throw new LearningError(
      'SettingsInvalid',
      `${folds} folds need to be from 2 to the number of groups, ${names.length}`,
      'folds',
    );
  }
  const random = substream(seed, 'folds', folds);
  for (let i = names.length - 1; i > 0; i -= 1) {
    const j = random.nextInt(i + 1);
    const name = names[i] ?? 0;
    names[i] = names[j] ?? 0;
    names[j] = name;
  }
  const foldOf = new Map(names.map((name, i) => [name, i % folds]));
  return groups.map((group) => foldOf.get(group) ?? 0);
}
