/** Columns that number or name the rows: another value in every row. */
import type { Choice } from './choice.ts';
import { type ColumnProfile, type WholeNumbers, wholeNumbersOf } from './column-profile.ts';
import { namesIdentifier, namesRowNumber } from '#dataset/column-names.ts';

/** So many repeats chance alone would make among numbers of that range, were they drawn from it. */
const REPEATS_BY_CHANCE = 10;
const TOKEN = /^[^\s@/]*\d[^\s@/]*$/;

/** A key, the row's own number, or an identifier that has gaps; null for every other column. */
export function keyChoiceOf(column: ColumnProfile): Choice | null {
  const { name, rows, present, texts } = column;
  const whole = wholeNumbersOf(column);
  const distinct = whole?.distinct ?? texts?.levels.length;
  if (distinct !== present || present < 2) return null;
  const named = namesIdentifier(name);
  if (whole !== null && numbersRows(whole) && (named !== 'plainly' || namesRowNumber(name))) {
    return { kind: 'row-number', why: `counts the rows from ${whole.min}, as a data frame does` };
  }
  if (whole !== null && namesRowNumber(name)) {
    return { kind: 'row-number', why: 'by its name, and no value repeats' };
  }
  const reason = reasonOf(column, whole, named !== 'no');
  if (reason === null) return null;
  if (present === rows) return { kind: 'key', why: `no value repeats, ${reason}` };
  return {
    kind: 'text',
    why: `no value repeats, ${reason}; ${rows - present} missing, so it is no key`,
  };
}

function reasonOf(
  { numbers, texts }: ColumnProfile,
  whole: WholeNumbers | null,
  isNamed: boolean,
): string | null {
  if (isNamed && (whole !== null || numbers === null)) return 'and its name is an identifier’s';
  if (whole !== null) {
    if (whole.running) return 'each is one more than the one before';
    if (whole.ascending) return 'and they ascend with the rows';
    return isCrowded(whole) ? 'though the range is so narrow that measured ones would' : null;
  }
  const isToken = numbers === null && texts !== null && texts.levels.every((t) => TOKEN.test(t));
  return isToken ? 'and each is a code with digits' : null;
}

function numbersRows({ min, running }: WholeNumbers): boolean {
  return running && (min === 0 || min === 1);
}

/** Pairs of n draws from r values that are alike: n²/2r (the birthday problem). */
function isCrowded({ min, max, distinct }: WholeNumbers): boolean {
  return distinct ** 2 / (2 * (max - min + 1)) >= REPEATS_BY_CHANCE;
}
