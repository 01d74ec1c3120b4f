/** Columns of true and false, in the words of the programs that write tables. */
import type { Choice } from './choice.ts';
import type { ColumnProfile } from './column-profile.ts';

const WORDS: ReadonlySet<string> = new Set(['true', 'false']);
const LETTERS: ReadonlySet<string> = new Set(['t', 'f']);

/**
 * True and false; null for every other column. Yes and no stay words, and 1 and 0 numbers, unless they
 * stand beside true and false.
 */
export function booleanChoiceOf({ numbers, texts }: ColumnProfile): Choice | null {
  if (numbers !== null || texts === null) return null;
  const found = new Set(texts.levels.map((level) => level.toLowerCase()));
  const words = [...found].filter((level) => WORDS.has(level)).length;
  const letters = [...found].filter((level) => LETTERS.has(level)).length;
  const digits = [...found].filter((level) => /^[01](?:\.0)?$/.test(level)).length;
  if (words + letters + digits < found.size) return null;
  if (words === 0 && letters < 2) return null;
  const spellings = texts.levels.length;
  if (spellings <= 2 && letters + digits === 0) return { kind: 'boolean', why: null };
  return { kind: 'boolean', why: `true and false in ${spellings} spellings` };
}
