/** What a column is taken for. */
import type { ColumnContract, DateFormName } from '#contracts/folder/schema.ts';

export const KINDS = [
  'number',
  'category',
  'boolean',
  'code',
  'key',
  'group',
  'row-number',
  'date',
  'time',
  'text',
  'empty',
] as const;
export type Kind = (typeof KINDS)[number];

/** What a person may say that a column is, where `init` takes it for something else. */
export const SAYABLE = [
  'number',
  'category',
  'boolean',
  'code',
  'key',
  'group',
  'time',
  'ignored',
] as const;
export type Sayable = (typeof SAYABLE)[number];

/** The days of a column of dates. */
export interface Days {
  readonly form: DateFormName;
  /** The first and the last one, ISO 8601. */
  readonly from: string;
  readonly until: string;
}

export interface Choice {
  readonly kind: Kind;
  /** Of dates that are days, and not times of day alone. */
  readonly days?: Days;
  /** The reason, where a person may wonder about the choice; null elsewhere. */
  readonly why: string | null;
  /** What else it may be: the switch that says so is shown. */
  readonly otherwise?: Sayable;
  /** Another switch, where it is the cells that are doubtful. */
  readonly instead?: string;
}

/** A line of the table that a person reads. */
export interface Doubt {
  readonly column: string;
  readonly takenFor: string;
  readonly why: string;
  /** The switch that says otherwise. */
  readonly otherwise: string;
}

/** In the words of the table. */
const TAKEN_FOR: Readonly<Record<Kind, string>> = {
  number: 'a number',
  category: 'a category',
  boolean: 'true or false',
  code: 'a code: a category to the letter',
  key: 'a key: no feature',
  group: 'a group: no feature',
  'row-number': 'the row’s number: left out',
  date: 'a date: left out',
  time: 'the time: splits the rows',
  text: 'a text: left out',
  empty: 'mostly missing: left out',
};

export function contractOf(name: string, kind: Kind): ColumnContract {
  switch (kind) {
    case 'number':
    case 'category':
    case 'boolean':
    case 'code':
      return { name, type: kind, role: 'feature', sensitive: false };
    case 'key':
    case 'group':
      return { name, type: 'text', role: 'identity', sensitive: true };
    case 'date':
      return { name, type: 'date', role: 'ignored', sensitive: false };
    case 'time':
      return { name, type: 'date', role: 'time', sensitive: false };
    case 'row-number':
    case 'empty':
      return { name, type: 'text', role: 'ignored', sensitive: false };
    case 'text':
      return { name, type: 'text', role: 'ignored', sensitive: true };
  }
}

/** Null for a choice without a reason to show. The doubt offers the opposite: a feature may be left out, a column left out may be a feature. */
export function doubtOf(name: string, choice: Choice, holdsNumbers: boolean): Doubt | null {
  const { kind, why } = choice;
  if (why === null) return null;
  const isFeature = ['number', 'category', 'boolean', 'code'].includes(kind);
  const feature = holdsNumbers ? 'number' : 'category';
  const isSplittable = kind === 'date' && choice.days !== undefined;
  const other = isSplittable ? 'time' : feature;
  const otherwise = choice.otherwise ?? (isFeature || kind === 'time' ? 'ignored' : other);
  return {
    column: name,
    takenFor: TAKEN_FOR[kind],
    why,
    otherwise: choice.instead ?? switchOf(name, otherwise),
  };
}

/** As a shell takes it. */
export function switchOf(name: string, what: Sayable): string {
  const plain = `${name}=${what}`;
  return /^[\w.=-]+$/.test(plain) ? `--as ${plain}` : `--as '${plain.replaceAll("'", "'\\''")}'`;
}
