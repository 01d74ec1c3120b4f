/** Codes that only look like numbers: 007 is not 7, nor 250.00 what 250.0 is. */
import type { Choice } from './choice.ts';
import type { ColumnProfile } from './column-profile.ts';
import { isNearlyUnique } from './texts.ts';

/** A code; null for every other column. */
export function codeChoiceOf(column: ColumnProfile): Choice | null {
  const { leadingZeros, texts, present } = column;
  const levels = texts?.levels.length ?? 0;
  if (leadingZeros > 0 && !isPadded(column)) {
    const why = `${leadingZeros} cells begin with a zero, as codes do`;
    return isNearlyUnique(levels, present)
      ? { kind: 'text', why: `${why}, and ${levels} of ${present} differ`, otherwise: 'number' }
      : { kind: 'code', why, otherwise: 'number' };
  }
  // Numbers that are different in most rows were measured, however they are written.
  if (!column.hasLooseZeros || isNearlyUnique(levels, present)) return null;
  const twice = writtenTwice(column);
  if (twice === 0) return null;
  return {
    kind: 'code',
    why: `${twice} numbers are written with more and with fewer zeros at the end, as codes are`,
    otherwise: 'number',
  };
}

/** Numbers with a point, all equally long, were padded by a program: 09.50. */
function isPadded({ texts }: ColumnProfile): boolean {
  if (texts === null) return false;
  const [first = ''] = texts.levels;
  return texts.levels.every((text) => /[.,]/.test(text) && text.length === first.length);
}

/** Numbers that stand in two spellings; 250 and 250.0 are one, for programs write both. */
function writtenTwice({ texts }: ColumnProfile): number {
  if (texts === null) return 0;
  const spellings = new Map<number, Set<string>>();
  for (const text of texts.levels) {
    const number = Number(text.replace(',', '.'));
    const known = spellings.get(number) ?? new Set();
    spellings.set(number, known.add(text.replace(/[.,]0?$/, '')));
  }
  return [...spellings.values()].filter((known) => known.size > 1).length;
}
