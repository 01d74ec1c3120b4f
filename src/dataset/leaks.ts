/** Columns that give the target away: what they say is hardly known before the target is. */
import { aucAlone } from '#learning/metrics/auc-alone.ts';
import type { Column } from '#learning/table.ts';
import { afterwardsWord } from './column-names.ts';
import { quoted } from './refusal.ts';

export interface Leak {
  readonly column: string;
  /** The column alone, from 0.5 to 1; null where its name says it. */
  readonly auc: number | null;
  /** One sentence that names the column and ends with the question to ask. */
  readonly message: string;
}

/** From this AUC on a column alone is no feature that anybody had beforehand. */
export const GIVEN_AWAY = 0.98;

/** Of one feature; null where neither its cells nor its name are suspect. */
export function leakOf(column: Column, labels: Uint8Array, target: string): Leak | null {
  const { name } = column;
  const auc = aucAlone(column, labels);
  const question = `is it known before ${target} is?`;
  if (auc === 1 && hasTwoValues(column)) {
    return {
      column: name,
      auc,
      message: `${quoted(name)} is the target in other words: ${question}`,
    };
  }
  if (auc >= GIVEN_AWAY) {
    const alone = `${quoted(name)} alone gives the target away (AUC ${auc.toFixed(4)})`;
    return { column: name, auc, message: `${alone}: ${question}` };
  }
  const word = afterwardsWord(name, target);
  if (word === null) return null;
  const message = `${quoted(name)} may be known only afterwards, by its name (${word}): ${question}`;
  return { column: name, auc: null, message };
}

function hasTwoValues(column: Column): boolean {
  if (column.kind === 'categorical')
    return column.levels.length === 2 && !column.codes.includes(-1);
  return new Set(column.values).size === 2;
}
