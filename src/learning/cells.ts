/**
 * How one cell is read: the one place where a cell becomes a number or a level, for the CSV and Parquet
 * readers, for serving and for the artifact alike. titleholder_model reads by the same rules in Python;
 * test/fixtures/cells/cases.json holds cases that both must pass.
 *
 * What no rule reads is refused, never guessed: `1,5` is no number where the decimal mark is a point.
 */

/** A cell as a table, a request or a data frame brings it; null is missing. */
export type Cell = string | number | boolean | null;

/** How a table's cells are written: part of the data contract, and of the artifact that it trained. */
export interface ReadRules {
  /** Between the cells of a CSV; says nothing about a cell. */
  readonly separator: ',' | ';' | '\t' | '|';
  readonly decimal: '.' | ',';
  /** Words for missing beside the standard ones; one that is a number stands for the number. */
  readonly missing: readonly string[];
  /** Columns of true and false. */
  readonly booleans: readonly string[];
  /** Columns whose texts count to the letter: `038.9` is not `38.9`. */
  readonly codes: readonly string[];
  /** What may stand beside a column's numbers: `%` in `12 %`. */
  readonly units: readonly { readonly column: string; readonly unit: string }[];
}

/** Where an artifact or a schema has no rules: exactly these spellings, of the trimmed text. */
const MISSING_WITHOUT_RULES: ReadonlySet<string> = new Set([
  '',
  'NA',
  'N/A',
  'NaN',
  'null',
  'None',
]);

/**
 * Missing wherever there are rules: what `pandas.read_csv` takes for missing by default (pandas 3.1), for
 * else a frame would lack cells that the file has, and NaT, which pandas writes for a missing time.
 */
const STANDARD_MISSING: readonly string[] = [
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'NaT',
  'None',
  'n/a',
  'nan',
  'null',
];

const POINT_DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const COMMA_DECIMAL = /^[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?$/;
/** Thousands, three digits each, all divided alike: a comma, a space of any width or an apostrophe. */
const POINT_GROUPS = /^([+-]?[1-9]\d{0,2})([, \u00a0\u2009\u202f'’])(\d{3}(?:\2\d{3})*)(\.\d*)?$/;
const COMMA_GROUPS = /^([+-]?[1-9]\d{0,2})([. \u00a0\u2009\u202f'’])(\d{3}(?:\2\d{3})*)(,\d*)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/** Whether a cell's text means a missing value where there are no rules. */
export function isMissing(text: string): boolean {
  return MISSING_WITHOUT_RULES.has(text.trim());
}

/**
 * The number that a cell's text means where there are no rules, NaN where it is missing, `undefined`
 * where it is no finite decimal number: words, hexadecimal, Infinity and what overflows to it.
 */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (MISSING_WITHOUT_RULES.has(trimmed)) return Number.NaN;
  return POINT_DECIMAL.test(trimmed) ? finite(Number(trimmed)) : undefined;
}

/** The number of a text as `parseNumber` says it, by a table's rules. */
export type NumberText = (text: string) => number | undefined;

/** As `numberTexts`, but for plain decimals alone: without thousands, units and other minus signs. */
export function plainNumberTexts(rules: ReadRules): NumberText {
  const { words, numbers } = laidOut(rules);
  const { decimal } = rules;
  const plain = decimal === '.' ? POINT_DECIMAL : COMMA_DECIMAL;
  return (text) => {
    const trimmed = text.trim();
    if (words.has(trimmed)) return Number.NaN;
    if (!plain.test(trimmed)) return undefined;
    const value = finite(Number(decimal === '.' ? trimmed : trimmed.replace(',', '.')));
    return value !== undefined && numbers.has(value) ? Number.NaN : value;
  };
}

/** How the texts of a number column are read; without rules as `parseNumber` does. */
export function numberTexts(rules: ReadRules | null, column: string): NumberText {
  if (rules === null) return parseNumber;
  const { decimal } = rules;
  const { words, numbers, units } = laidOut(rules);
  const unit = units.get(column);
  const plain = decimal === '.' ? POINT_DECIMAL : null;
  return (text) => {
    const trimmed = text.trim();
    if (words.has(trimmed)) return Number.NaN;
    const value = plain?.test(trimmed)
      ? finite(Number(trimmed))
      : writtenNumber(trimmed, decimal, unit);
    return value !== undefined && numbers.has(value) ? Number.NaN : value;
  };
}

/** How any cell of a number column is read: NaN is missing, `undefined` is refused. */
export function numberCells(
  rules: ReadRules | null,
  column: string,
): (cell: Cell) => number | undefined {
  const ofText = numberTexts(rules, column);
  const missing = rules === null ? null : laidOut(rules).numbers;
  return (cell) => {
    if (typeof cell === 'string') return ofText(cell);
    if (cell === null) return Number.NaN;
    if (typeof cell === 'boolean') return undefined;
    return missing?.has(cell) ? Number.NaN : finite(cell);
  };
}

/** Why a cell is no number of its column, without showing it. */
export function whyNoNumber(cell: Cell): string {
  if (typeof cell === 'boolean') return 'is true or false where a number belongs';
  const isTooLarge = typeof cell === 'string' ? isInfinite(cell) : true;
  return isTooLarge ? 'is no finite number' : 'is not a number';
}

/** Whether a text is a number that isn't finite: the word, or one that overflows. */
export function isInfinite(text: string): boolean {
  return INFINITE.test(text.trim()) || Math.abs(Number(text)) === Infinity;
}

/** How any cell of a category is read: its level's text, null where it is missing, `undefined` is refused. */
export type LevelCell = (cell: Cell) => string | null | undefined;

/** How the cells of a category are read. */
export function levelCells(rules: ReadRules | null, column: string): LevelCell {
  if (rules === null) return levelWithoutRules;
  const { words, codes, booleans } = laidOut(rules);
  if (codes.has(column)) return (cell) => codeOf(cell, words);
  if (booleans.has(column)) return (cell) => booleanOf(cell, words);
  return (cell) => categoryOf(cell, rules.decimal, words);
}

/** Why a cell is no level of its column, without showing it. */
export function whyNoLevel(cell: Cell, rules: ReadRules | null, column: string): string {
  if (rules !== null && laidOut(rules).booleans.has(column)) return 'is neither true nor false';
  if (typeof cell === 'boolean') return 'is true or false where a word belongs';
  if (rules !== null && laidOut(rules).codes.has(column)) {
    return 'is a number where a code belongs: it may have lost zeros, so give it as text';
  }
  return typeof cell === 'number' && Number.isFinite(cell)
    ? 'is a number that may have lost digits or zeros: give it as text'
    : 'is no finite number';
}

function levelWithoutRules(cell: Cell): string | null | undefined {
  if (typeof cell === 'number' && finite(cell) === undefined) return undefined;
  if (cell === null) return null;
  const text = String(cell).trim();
  return MISSING_WITHOUT_RULES.has(text) ? null : text;
}

function categoryOf(
  cell: Cell,
  decimal: ReadRules['decimal'],
  words: ReadonlySet<string>,
): string | null | undefined {
  if (cell === null) return null;
  if (typeof cell === 'number' && !keepsDigits(cell)) return undefined;
  const text = typeof cell === 'string' ? categoryText(cell.trim(), decimal) : String(cell);
  return words.has(text) ? null : text;
}

/** Whether a number is finite and, where it is whole, has all the digits that it was written with. */
function keepsDigits(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function codeOf(cell: Cell, words: ReadonlySet<string>): string | null | undefined {
  if (cell === null) return null;
  if (typeof cell !== 'string') return undefined;
  const text = cell.trim();
  return words.has(text) ? null : text;
}

function booleanOf(cell: Cell, words: ReadonlySet<string>): string | null | undefined {
  if (cell === null) return null;
  const text = String(cell).trim();
  if (words.has(text)) return null;
  const folded = text.toLowerCase();
  if (TRUE.has(folded)) return 'true';
  return FALSE.has(folded) ? 'false' : undefined;
}

/** pandas writes True, R TRUE, SQL and JSON true, psql t, a bit column 1, and a float of one 1.0. */
const TRUE: ReadonlySet<string> = new Set(['true', 't', 'yes', 'y', '1', '1.0']);
const FALSE: ReadonlySet<string> = new Set(['false', 'f', 'no', 'n', '0', '0.0']);

/** A whole or decimal number of so few digits that a double has them all. */
const SHORT_NUMBER = /^-?(?:0|[1-9]\d*)(?:[.,]\d+)?$/;
const MOST_DIGITS = 15;

/**
 * A category's text: true and false in one spelling, a number as JSON writes it, so that 1 and 1.0 are one
 * level; everything else as it is.
 */
function categoryText(text: string, decimal: ReadRules['decimal']): string {
  switch (text) {
    case 'True':
    case 'TRUE':
      return 'true';
    case 'False':
    case 'FALSE':
      return 'false';
    default:
  }
  if (text.length > MOST_DIGITS + 2 || !SHORT_NUMBER.test(text)) return text;
  if (text.includes(decimal === '.' ? ',' : '.')) return text;
  const number = text.replace(',', '.');
  if (number.replace(/\D/g, '').length > MOST_DIGITS) return text;
  return numberText(Number(number));
}

/** A number's text: `String` but for −0, which is 0. */
function numberText(value: number): string {
  return String(value === 0 ? 0 : value);
}

/**
 * Whether a level is a text that reads as a number but isn't that number's own text: 007 for 7, 1e5 for
 * 100000. Where a column's cells arrive as numbers, such a text can't be recovered.
 */
export function isNumberOtherwise(level: string): boolean {
  if (!POINT_DECIMAL.test(level)) return false;
  // A whole number too long for a double is refused as such.
  return !/^-?[1-9]\d*$/.test(level) && numberText(Number(level)) !== level;
}

/** Why a cell of a type of its own (a number, true, false) isn't read; null where it is. */
export type TypedCheck = (cell: number | boolean) => string | null;

/** The text of a level, in an artifact or a table, as this column's cells are found by. */
export function levelText(level: string, rules: ReadRules | null, column: string): string {
  return levelCells(rules, column)(level) ?? level.trim();
}

/** The number that a text means with a decimal mark, and with a unit beside it or not. */
export function writtenNumber(
  text: string,
  decimal: ReadRules['decimal'],
  unit: string | undefined,
): number | undefined {
  const bare = unit === undefined ? text : withoutUnit(text, unit);
  // A minus sign as typographers and spreadsheets write it.
  const signed = bare.startsWith('\u2212') ? `-${bare.slice(1)}` : bare;
  if (decimal === '.' && POINT_DECIMAL.test(signed)) return finite(Number(signed));
  if (decimal === ',' && COMMA_DECIMAL.test(signed))
    return finite(Number(signed.replace(',', '.')));
  const grouped = (decimal === '.' ? POINT_GROUPS : COMMA_GROUPS).exec(signed);
  if (grouped === null) return undefined;
  const [, first = '', , rest = '', fraction = ''] = grouped;
  return finite(Number(`${first}${rest.replace(/\D/g, '')}.${fraction.slice(1)}`));
}

/** `12 %`, `$12`, `-$12` and `$-12` without the unit; a text without it stays. */
export function withoutUnit(text: string, unit: string): string {
  if (text.endsWith(unit)) return text.slice(0, -unit.length).trimEnd();
  const sign = /^[+\-\u2212]/.exec(text)?.[0] ?? '';
  const rest = text.slice(sign.length);
  return rest.startsWith(unit) ? sign + rest.slice(unit.length).trimStart() : text;
}

interface LaidOut {
  /** Texts and canonical texts that mean missing, trimmed. */
  readonly words: ReadonlySet<string>;
  /** Numbers that stand for missing, such as −999. */
  readonly numbers: ReadonlySet<number>;
  readonly booleans: ReadonlySet<string>;
  readonly codes: ReadonlySet<string>;
  readonly units: ReadonlyMap<string, string>;
}

/** Rules as they are looked up, once for all columns of a table. */
function laidOut(rules: ReadRules): LaidOut {
  const known = LAID_OUT.get(rules);
  if (known !== undefined) return known;
  const numbers = rules.missing.map((word) => writtenNumber(word.trim(), rules.decimal, undefined));
  const made: LaidOut = {
    words: missingWords(rules),
    numbers: new Set(numbers.filter((value) => value !== undefined)),
    booleans: new Set(rules.booleans),
    codes: new Set(rules.codes),
    units: new Map(rules.units.map(({ column, unit }) => [column, unit])),
  };
  LAID_OUT.set(rules, made);
  return made;
}
const LAID_OUT = new WeakMap<ReadRules, LaidOut>();

function missingWords(rules: ReadRules): ReadonlySet<string> {
  return new Set(
    [...STANDARD_MISSING, ...rules.missing].flatMap((word) => {
      const text = word.trim();
      return [text, categoryText(text, rules.decimal)];
    }),
  );
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
