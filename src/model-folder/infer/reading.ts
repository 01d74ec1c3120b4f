/**
 * How a table's cells are written: its decimal mark, its words for missing, and what stands beside its
 * numbers, from the cells that are no plain numbers.
 */
import type { UndecidedColumn } from '#dataset/undecided-column.ts';
import { isInfinite, type ReadRules, withoutUnit, writtenNumber } from '#learning/cells.ts';

export interface Reading {
  readonly rules: ReadRules;
  /** What is doubtful about a column's cells, and the switch that says otherwise, by the column's name. */
  readonly notes: ReadonlyMap<string, Note>;
  /** Whether columns hold numbers that plain reading took for words: they are to be read again. */
  readonly findsNumbers: boolean;
}

export interface Note {
  readonly why: string;
  /** Absent: that of the column's kind. */
  readonly otherwise?: string;
}

/** What somebody has said. */
export interface SaidOfCells {
  readonly decimal?: ReadRules['decimal'] | undefined;
  readonly missing?: readonly string[] | undefined;
}

/** Among numbers these mean missing: what exports of spreadsheets, databases and statistics programs write. */
const MISSING_AMONG_NUMBERS: ReadonlySet<string> = new Set([
  '?',
  '??',
  '-',
  '--',
  '---',
  '.',
  '..',
  '...',
  '*',
  'na',
  'n.a.',
  'n.a',
  'n/d',
  'nd',
  'missing',
  'unknown',
  'unk',
  'not available',
  'not known',
  'null',
  '(null)',
  '[null]',
  String.raw`\n`,
  'nil',
  '#null!',
  '#div/0!',
  '#value!',
  '#ref!',
  '#name?',
  '#num!',
]);

/** What may stand before numbers, or behind them. */
const CURRENCIES: readonly string[] = [
  ...['$', '€', '£', '¥', '₹', '₽', '₩', '₺', '₫', 'R$', 'zł', 'Kč', 'kr', 'Fr.'],
  ...['USD', 'EUR', 'GBP', 'CHF', 'JPY', 'CNY', 'INR', 'CAD', 'AUD', 'SEK', 'NOK', 'DKK', 'PLN'],
];
/** What may stand behind them alone. Letters that nobody listed are part of a code: 12A. */
const MEASURES: readonly string[] = [
  ...['%', '‰', 'kg', 'mg', 'µg', 'μg', 'g', 'lbs', 'lb', 'oz', 'km', 'cm', 'mm', 'm', 'm²', 'm³'],
  ...['ft', 'mi', 'ml', 'mL', 'dl', 'l', 'kWh', 'kW', 'Hz', '°C', '°F', '°', 'kPa', 'Pa', 'mmHg'],
  ...['bpm', 'mg/dL', 'mmol/L', 'g/dL', 'IU', 'kcal', 'ms', 's', 'sec', 'min', 'h', 'hrs', 'hours'],
  ...['d', 'day', 'days', 'weeks', 'months', 'y', 'yr', 'yrs', 'years'],
];
/** The longest first: 12 kg bears no g. */
const UNITS = [...CURRENCIES, ...MEASURES].toSorted((a, b) => b.length - a.length);

/** Below this share of numbers among its cells, a column is one of words. */
const MANY_NUMBERS = 0.5;
/** Different words that are looked at before a column is given up as one of words. */
const FIRST_WORDS = 200;

/** What a column's cells are beside plain numbers, in cells. */
interface Forms {
  readonly column: UndecidedColumn;
  /** Numbers with a point for the mark alone, with a comma alone, and with either. */
  readonly point: number;
  readonly comma: number;
  readonly either: number;
  /** Those whose thousands are divided. */
  readonly divided: number;
  readonly units: ReadonlyMap<string, number>;
  readonly missing: ReadonlyMap<string, number>;
  readonly infinite: number;
  /** Cells that are none of these, and how many different ones there are. */
  readonly others: number;
  readonly differentOthers: number;
}

/**
 * Decides by the columns of `columns`, which were read plainly by `rules`.
 *
 * A word counts as missing only where it stands among numbers; then it does so in every column.
 */
export function readingOf(
  columns: readonly UndecidedColumn[],
  rules: ReadRules,
  said: SaidOfCells,
): Reading {
  const forms = columns.map(formsOf);
  const decimal = said.decimal ?? decimalOf(forms);
  const found = forms.filter((one) => isNumbers(one, decimal));
  const missing = new Set(rules.missing);
  for (const one of found) for (const word of one.missing.keys()) missing.add(word);
  const units = found.flatMap(({ column, units: of }) =>
    [...of.keys()].map((unit) => ({ column: column.name, unit })),
  );
  const notes = new Map<string, Note>();
  for (const one of forms) {
    const note = found.includes(one)
      ? noteOfNumbers(one, decimal, said.decimal === undefined && isEitherMark(forms))
      : noteOfWords(one, missing);
    if (note !== null) notes.set(one.column.name, note);
  }
  return {
    rules: { ...rules, decimal, missing: [...missing].sort(), units },
    notes,
    findsNumbers: found.some(({ column }) => column.numbers === null),
  };
}

function formsOf(column: UndecidedColumn): Forms {
  const counts = {
    point: 0,
    comma: 0,
    either: 0,
    divided: 0,
    infinite: 0,
    others: 0,
    differentOthers: 0,
  };
  const units = new Map<string, number>();
  const missing = new Map<string, number>();
  let looked = 0;
  for (const [word, cells] of column.words()) {
    looked += 1;
    if (looked > FIRST_WORDS && counts.differentOthers > looked * MANY_NUMBERS) {
      return { column, ...counts, others: column.present - column.numeric, units, missing };
    }
    if (MISSING_AMONG_NUMBERS.has(word.toLowerCase())) {
      missing.set(word, cells);
      continue;
    }
    const unit = unitOf(word);
    const byPoint = writtenNumber(word, '.', unit) !== undefined;
    const byComma = writtenNumber(word, ',', unit) !== undefined;
    if (byPoint && byComma) counts.either += cells;
    else if (byPoint) counts.point += cells;
    else if (byComma) counts.comma += cells;
    else if (isInfinite(word)) counts.infinite += cells;
    else {
      counts.others += cells;
      counts.differentOthers += 1;
      continue;
    }
    if (DIVIDED.test(word)) counts.divided += cells;
    if (unit !== undefined) units.set(unit, (units.get(unit) ?? 0) + cells);
  }
  return { column, ...counts, units, missing };
}

const DIVIDED = /\d[,. \u00a0\u2009\u202f'’]\d{3}(?!\d)/;

/** What stands beside a text's digits, where the rest is a number. */
function unitOf(word: string): string | undefined {
  if (!/\d/.test(word)) return undefined;
  return UNITS.find((unit) => {
    if (!word.endsWith(unit) && !CURRENCIES.includes(unit)) return false;
    const rest = withoutUnit(word, unit);
    return (
      rest !== word &&
      (writtenNumber(rest, '.', undefined) ?? writtenNumber(rest, ',', undefined)) !== undefined
    );
  });
}

/** Whether all cells of a column are numbers with this mark, or mean missing among them. */
function isNumbers(
  { column, point, comma, either, units, missing, others, infinite }: Forms,
  decimal: ReadRules['decimal'],
): boolean {
  const written = either + (decimal === '.' ? point : comma);
  const against = (decimal === '.' ? comma : point + (column.hasDecimals ? 1 : 0)) + others;
  const numbers = column.numeric + written + infinite;
  let gaps = 0;
  for (const cells of missing.values()) gaps += cells;
  return against === 0 && units.size <= 1 && numbers > 0 && numbers >= gaps * MANY_NUMBERS;
}

/** A comma only where some column has it and no column has a point. */
function decimalOf(forms: readonly Forms[]): ReadRules['decimal'] {
  const byComma = forms.some((one) => one.comma > 0 && isNumbers(one, ','));
  return byComma && !forms.some(hasPoint) ? ',' : '.';
}

function hasPoint(one: Forms): boolean {
  return isNumbers(one, '.') && (one.point > 0 || one.column.hasDecimals);
}

/** Whether no cell of the table tells a comma for thousands from one for decimals. */
function isEitherMark(forms: readonly Forms[]): boolean {
  return !forms.some((one) => hasPoint(one) || (one.comma > 0 && isNumbers(one, ',')));
}

function noteOfNumbers(
  { column, point, comma, either, divided, units, missing }: Forms,
  decimal: ReadRules['decimal'],
  isDoubtful: boolean,
): Note | null {
  const parts: string[] = [];
  for (const [word, cells] of missing) {
    parts.push(`${cells} of ${column.present} cells are ${word}, read as missing`);
  }
  for (const [unit, cells] of units) {
    const bare = column.numeric + point + comma + either - cells;
    const others = bare > 0 ? ` and ${bare} don't` : '';
    parts.push(`${cells} numbers bear ${unit}${others}: 12 ${unit} is read as 12`);
  }
  if (decimal === ',') {
    if (comma + either > 0) parts.push(`${comma + either} numbers have a decimal comma`);
    return parts.length === 0 ? null : { why: parts.join('; '), otherwise: '--decimal .' };
  }
  const asDecimals = isDoubtful && point === 0 && either > 0;
  if (divided > 0) {
    const doubt = asDecimals ? ', and no cell says that their comma is no decimal mark' : '';
    parts.push(`${divided} numbers have their thousands divided${doubt}`);
  }
  if (parts.length === 0) return null;
  return { why: parts.join('; '), ...(asDecimals ? { otherwise: '--decimal ,' } : {}) };
}

function noteOfWords(
  { column, point, comma, either, units, missing, others, differentOthers }: Forms,
  read: ReadonlySet<string>,
): Note | null {
  const numbers = column.numeric + point + comma + either;
  if (units.size > 1) {
    return { why: `numbers with ${units.size} units (${[...units.keys()].join(', ')}): write one` };
  }
  if (others === 0 && comma > 0) {
    return { why: `${comma} numbers have a decimal comma, and other cells a decimal point` };
  }
  if (others > 0 && numbers >= column.present * MANY_NUMBERS) {
    const texts = differentOthers === 1 ? 'one text' : `${differentOthers} texts`;
    return {
      why: `${numbers} of ${column.present} cells are numbers, and ${others} are not (${texts})`,
      otherwise: '--missing WORD, if it means that',
    };
  }
  const [word] = [...missing].filter(([one]) => !read.has(one) && /^[?.*_-]+$/.test(one));
  if (word === undefined) return null;
  return {
    why: `${word[1]} of ${column.present} cells are ${word[0]}, a value of its own`,
    otherwise: `--missing '${word[0]}'`,
  };
}
