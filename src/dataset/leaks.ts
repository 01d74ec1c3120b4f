/** Which columns give the target away, by their cells or by their names. */
import { SUSPECT, type Leak } from '#gates/leak.ts';
import { aucAlone } from '#learning/metrics/auc-alone.ts';
import type { Column } from '#learning/table.ts';
import { afterwardsWord } from './column-names.ts';

/** Null where neither a feature's cells nor its name are suspect. */
export function leakOf(column: Column, labels: Uint8Array, target: string): Leak | null {
  const { name } = column;
  const auc = aucAlone(column, labels);
  const word = afterwardsWord(name, target);
  if (!(auc >= SUSPECT) && word === null) return null;
  return { column: name, auc, isTarget: auc === 1 && hasTwoValues(column), word };
}

function hasTwoValues(column: Column): boolean {
  if (column.kind === 'categorical')
    return column.levels.length === 2 && !column.codes.includes(-1);
  return new Set(column.values).size === 2;
}
