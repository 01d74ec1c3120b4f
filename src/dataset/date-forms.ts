/** The forms in which people and programs write dates, recognized from a column's cells. */
import type { DateFormName } from '#contracts/folder/schema.ts';

export interface DateForm {
  /** As a person would name it: `DD/MM/YYYY`. */
  readonly name: DateFormName | typeof CLOCK;
  /** Set where a day and a month could as well be each other in every cell. */
  readonly ambiguous: boolean;
  /** Milliseconds since 1970 in UTC (a cell without a zone is taken for UTC); NaN where it is none. */
  readonly read: (cell: string) => number;
}

/** A time of day, which is of no day. */
export const CLOCK = 'HH:MM';

/** The share of a column's different texts that must be dates; the others are reported, and the column is one of dates all the same. */
const NEARLY_ALL = 0.95;
const DAY_MS = 86_400_000;
const FIRST_YEAR = 1900;
const LAST_YEAR = 2100;
/** A year of two digits is of 1969 to 2068, as POSIX reads it. */
const PIVOT = 69;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const WEEKDAY = '(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?';
const MONTH = '(?<monthName>[a-z]{3,9})\\.?';
const TIME =
  '(?:[T ,]+(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?:[.,]\\d{1,9})?)?' +
  '(?: ?(?<half>[ap])\\.?m\\.?)?(?: ?(?<zone>z|utc|gmt|[+-]\\d{2}:?\\d{2}))?)?';

interface Pattern {
  readonly name: DateForm['name'];
  readonly pattern: RegExp;
  /** The same cells may be read by this form too, and only its days and months tell which is meant. */
  readonly twin?: string;
}

const written = (name: DateForm['name'], pattern: string, twin?: string): Pattern => ({
  name,
  pattern: new RegExp(`^${pattern}$`, 'i'),
  ...(twin === undefined ? {} : { twin }),
});

/** Where two forms read as many cells, the first one is meant. */
const PATTERNS: readonly Pattern[] = [
  written('YYYY-MM-DD', `(?<year>\\d{4})([-/.])(?<month>\\d{1,2})\\2(?<day>\\d{1,2})${TIME}`),
  written(
    'MM/DD/YYYY',
    `(?<month>\\d{1,2})([-/. ])(?<day>\\d{1,2})\\2(?<year>\\d{4}|\\d{2})${TIME}`,
    'DD/MM/YYYY',
  ),
  written(
    'DD/MM/YYYY',
    `(?<day>\\d{1,2})([-/. ])(?<month>\\d{1,2})\\2(?<year>\\d{4}|\\d{2})${TIME}`,
    'MM/DD/YYYY',
  ),
  written(
    'DD Mon YYYY',
    `${WEEKDAY}(?<day>\\d{1,2})\\.?[-/ ]?${MONTH}[-/, ]*(?<year>\\d{4}|\\d{2})${TIME}`,
  ),
  written(
    'Mon DD, YYYY',
    `${WEEKDAY}${MONTH}[-/ ]?(?<day>\\d{1,2})(?:st|nd|rd|th)?,? ?(?<year>\\d{4})${TIME}`,
  ),
  written('YYYY Mon DD', `(?<year>\\d{4})[-/ ]?${MONTH}[-/ ]?(?<day>\\d{1,2})${TIME}`),
  written(
    'YYYYMMDD',
    '(?<year>\\d{4})(?<month>\\d{2})(?<day>\\d{2})(?:[T _-]?(?<hour>\\d{2}):?(?<minute>\\d{2}):?(?<second>\\d{2})?z?)?',
  ),
  written('YYYY-MM', '(?<year>\\d{4})[-/. ]?(?:m)?(?<month>\\d{1,2})'),
  written('MM/YYYY', '(?<month>\\d{1,2})[-/. ](?<year>\\d{4})'),
  written('Mon YYYY', `${MONTH}[-/ ,]*(?<year>\\d{4}|\\d{2})`),
  written('YYYY-Qn', '(?<year>\\d{4})[-/ ]?q(?<quarter>[1-4])'),
  written('Qn YYYY', 'q(?<quarter>[1-4])[-/ ]?(?<year>\\d{4})'),
  written('YYYY-Wnn', '(?<year>\\d{4})[-/ ]?w(?<week>\\d{1,2})'),
  written(
    CLOCK,
    '(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?:[.,]\\d{1,9})?)?(?: ?(?<half>[ap])\\.?m\\.?)?',
  ),
];

/**
 * The form of a column's texts, each once; null where they are no dates.
 *
 * One form for all of them: 95 % of the texts must be of it. A text that only digits tell from a number
 * (20231231) is a date here too: who asks knows whether the column is one of numbers.
 */
export function dateFormOf(texts: readonly string[]): DateForm | null {
  if (texts.length === 0) return null;
  // Most columns are no dates, and a few texts say so.
  const few = texts.slice(0, 50);
  const likely = PATTERNS.filter(
    (one) => few.filter((text) => !Number.isNaN(timeOf(text, one))).length >= few.length * 0.8,
  );
  let best: Pattern | undefined;
  let most = texts.length * NEARLY_ALL;
  let tied = false;
  for (const one of likely) {
    const count = texts.filter((text) => !Number.isNaN(timeOf(text, one))).length;
    if (count > most || (count >= most && best === undefined)) {
      best = one;
      most = count;
      tied = false;
    } else if (count === most && best?.twin === one.name) tied = true;
  }
  if (best === undefined) return null;
  // Where dots stand between, the day is written first.
  const twin = tied && texts.every(hasDots) ? best.twin : undefined;
  const form = PATTERNS.find(({ name }) => name === twin) ?? best;
  return { name: form.name, ambiguous: tied, read: (cell) => timeOf(cell, form) };
}

function hasDots(text: string): boolean {
  return /^\d{1,2}\.\d{1,2}\./.test(text.trim());
}

/** Milliseconds since 1970, NaN where the text is none of this form or of no calendar. */
function timeOf(text: string, { pattern }: Pattern): number {
  const parts = pattern.exec(text.trim())?.groups;
  if (parts === undefined) return Number.NaN;
  const number = (name: string, absent: number): number => {
    const found = parts[name];
    return found === undefined ? absent : Number(found);
  };
  const half = parts['half']?.toLowerCase();
  const clock = number('hour', 0);
  const hour = half === undefined ? clock : (clock % 12) + (half === 'p' ? 12 : 0);
  const [minute, second] = [number('minute', 0), number('second', 0)];
  if (hour > 24 || minute > 59 || second > 60) return Number.NaN;
  const ofDay = (hour * 3600 + minute * 60 + second) * 1000 - zoneOf(parts['zone']);
  if (parts['year'] === undefined) return ofDay;
  const year = yearOf(parts['year']);
  const month = monthOf(parts);
  const day = number('day', 1);
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  const isThere = date.getUTCMonth() === month && date.getUTCDate() === day;
  const week = number('week', 1);
  if (!isThere || year < FIRST_YEAR || year > LAST_YEAR || week < 1 || week > 53) return Number.NaN;
  return date.getTime() + (week - 1) * 7 * DAY_MS + ofDay;
}

function yearOf(digits: string): number {
  const year = Number(digits);
  if (digits.length > 2) return year;
  return year < PIVOT ? 2000 + year : 1900 + year;
}

/** From 0; −1 for a word that is no month. */
function monthOf(parts: Readonly<Record<string, string | undefined>>): number {
  const { monthName: name, month, quarter } = parts;
  if (name !== undefined) return MONTHS.indexOf(name.slice(0, 3).toLowerCase());
  if (quarter !== undefined) return 3 * (Number(quarter) - 1);
  return Number(month ?? '1') - 1;
}

function zoneOf(zone: string | undefined): number {
  const parts = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '');
  if (parts === null) return 0;
  const ms = (Number(parts[2]) * 60 + Number(parts[3])) * 60_000;
  return parts[1] === '-' ? -ms : ms;
}

export interface NumberDateForm {
  readonly name: DateFormName;
  /** Milliseconds since 1970 in UTC, NaN where it is none. */
  readonly read: (cell: number) => number;
}

/** A moment's number since 1970, and how many of it are a millisecond. */
const SINCE_1970: readonly (readonly [name: DateFormName, perMs: number])[] = [
  ['Unix seconds', 1 / 1000],
  ['Unix milliseconds', 1],
  ['Unix microseconds', 1000],
  ['Unix nanoseconds', 1_000_000],
];
/** Between them numbers since 1970 are taken for moments whatever the column's name. */
const [RECENT, SOON] = [Date.UTC(2000, 0, 1), Date.UTC(2050, 0, 1)];
/** And where the name says a time. */
const [LONG_AGO, FAR] = [Date.UTC(1971, 0, 1), Date.UTC(LAST_YEAR, 0, 1)];
/** Day 0 of a spreadsheet's serial days. */
const SPREADSHEET_EPOCH = Date.UTC(1899, 11, 30);

/**
 * The form of a column of numbers that are dates (20231231, 202312, Unix seconds and finer, and, where the
 * column's name says a date, a spreadsheet's days); null where they aren't.
 *
 * `numbers` holds NaN for missing. Every number must be of the form, and moments must span a day: numbers
 * that count up within one are a counter.
 */
export function numberDateFormOf(numbers: Float64Array, isNamedSo: boolean): NumberDateForm | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    if (number < min) min = number;
    if (number > max) max = number;
  }
  if (!(min < max)) return null;
  const forms: NumberDateForm[] = [
    { name: 'YYYYMMDD', read: calendarDay },
    { name: 'YYYYMM', read: calendarMonth },
  ];
  const [from, to] = isNamedSo ? [LONG_AGO, FAR] : [RECENT, SOON];
  for (const [name, perMs] of SINCE_1970) {
    const fits = min >= from * perMs && max <= to * perMs && max - min >= DAY_MS * perMs;
    if (fits) forms.push({ name, read: (n) => n / perMs });
  }
  if (isNamedSo && spreadsheetDay(min) >= Date.UTC(1950, 0, 1) && spreadsheetDay(max) <= FAR) {
    forms.push({ name: 'spreadsheet days', read: spreadsheetDay });
  }
  return (
    forms.find(({ read }) => numbers.every((n) => Number.isNaN(n) || !Number.isNaN(read(n)))) ??
    null
  );
}

/**
 * Reads a cell to its day, YYYY-MM-DD in UTC; null where it is no day of the form.
 *
 * A moment is of the day in which it lies, a month, quarter or week of its first day.
 */
export function dayReader(form: DateFormName): (cell: string) => string | null {
  const read = msReader(form);
  return (cell) => {
    const ms = read(cell);
    // The calendar's own limits, beyond which Date has no ISO text of four digits.
    return ms >= Date.UTC(FIRST_YEAR, 0, 1) && ms < Date.UTC(LAST_YEAR + 1, 0, 1)
      ? new Date(ms).toISOString().slice(0, 10)
      : null;
  };
}

function msReader(form: DateFormName): (cell: string) => number {
  const ofNumber =
    (read: (n: number) => number) =>
    (cell: string): number =>
      cell.trim() === '' ? Number.NaN : read(Number(cell));
  const perMs = SINCE_1970.find(([name]) => name === form)?.[1];
  if (perMs !== undefined) return ofNumber((n) => n / perMs);
  if (form === 'spreadsheet days') return ofNumber(spreadsheetDay);
  if (form === 'YYYYMM') return ofNumber(calendarMonth);
  const pattern = PATTERNS.find(({ name }) => name === form);
  return pattern === undefined ? () => Number.NaN : (cell) => timeOf(cell, pattern);
}

function spreadsheetDay(serial: number): number {
  return SPREADSHEET_EPOCH + serial * DAY_MS;
}

function calendarMonth(digits: number): number {
  return digits > 999_999 ? Number.NaN : calendarDay(digits * 100 + 1);
}

function calendarDay(digits: number): number {
  if (!Number.isInteger(digits)) return Number.NaN;
  const [year, month, day] = [
    Math.floor(digits / 10_000),
    Math.floor(digits / 100) % 100,
    digits % 100,
  ];
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || day < 1)
    return Number.NaN;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCDate() === day ? date.getTime() : Number.NaN;
}
