/** Columns whose texts are another one in most rows, or are written to be read. */
import type { Choice } from './choice.ts';
import { namesPerson } from '#dataset/column-names.ts';
import type { ColumnProfile } from './column-profile.ts';

/** As few texts are a category, however few rows there are. */
export const FEW_TEXTS = 100;
/** Of the cells: above this share of different ones a column is no category. */
export const MOST_DISTINCT = 0.5;
/** Above so many levels somebody should know that they go into the artifact. */
export const MANY_LEVELS = 50;
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const NEARLY_ALL = 0.9;
/** As few people may be doctors or clerks. */
const FEW_PERSONS = 20;
/** Words to a text from which texts are sentences. */
const SENTENCE = 4;

/** A text that no model should keep; null for every other column. */
export function textChoiceOf({ name, numbers, texts, present }: ColumnProfile): Choice | null {
  if (numbers !== null || texts === null) return null;
  const { levels } = texts;
  const share = (levels.length / present) * 100;
  if (isNearlyUnique(levels.length, present)) {
    return {
      kind: 'text',
      why: `${levels.length} texts in ${present} cells (${share.toFixed(0)} %)`,
    };
  }
  if (levels.length > FEW_PERSONS && namesPerson(name)) {
    return { kind: 'text', why: `${levels.length} texts that tell a person, by its name` };
  }
  const addresses = levels.filter((level) => ADDRESS.test(level)).length;
  if (levels.length > FEW_PERSONS && addresses >= levels.length * NEARLY_ALL) {
    return { kind: 'text', why: `${levels.length} e-mail addresses` };
  }
  if (levels.length > MANY_LEVELS && wordsPerText(levels) >= SENTENCE) {
    return { kind: 'text', why: `${levels.length} texts of several words` };
  }
  return null;
}

export function isNearlyUnique(levels: number, present: number): boolean {
  return levels > FEW_TEXTS && levels > present * MOST_DISTINCT;
}

function wordsPerText(levels: readonly string[]): number {
  return levels.reduce((sum, level) => sum + level.split(/\s+/).length, 0) / levels.length;
}
