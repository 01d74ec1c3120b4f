/** Columns of dates and times, in the forms that people and programs write. */
import { CLOCK, type DateForm, dateFormOf, numberDateFormOf } from '#dataset/date-forms.ts';
import type { Choice } from './choice.ts';
import type { ColumnProfile } from './column-profile.ts';
import { namesDate, namesIdentifier } from '#dataset/column-names.ts';

/** A date is left out; null for every other column. */
export function dateChoiceOf(column: ColumnProfile): Choice | null {
  const found = datesIn(column);
  return found === null ? null : { ...found, why: `${found.why}; a later row has others` };
}

/** What dates a column holds; null for every other column. */
export function datesIn(column: ColumnProfile): DateChoice | null {
  const { name, numbers, texts, present } = column;
  if (numbers !== null) {
    if (namesIdentifier(name) === 'plainly') return null;
    const form = numberDateFormOf(numbers, namesDate(name));
    return form === null ? null : dateChoice(form.name, numbers.map(form.read));
  }
  // A column of many numbers and a word has no texts here, and is no date.
  if (texts === null || present === 0) return null;
  const form = dateFormOf(texts.levels);
  if (form === null) return null;
  const moments = Float64Array.from(texts.levels, form.read);
  return dateChoice(form.name, moments, ambiguity(form) + strangers(form, column));
}

export interface DateChoice extends Choice {
  readonly why: string;
}

/** @param moments milliseconds since 1970, NaN where there is none. */
function dateChoice(form: DateForm['name'], moments: Float64Array, more = ''): DateChoice {
  if (form === CLOCK) return { kind: 'date', why: `times of day${more}` };
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const moment of moments) {
    if (moment < first) first = moment;
    if (moment > last) last = moment;
  }
  const why = `dates as ${form}${more}`;
  return { kind: 'date', why, days: { form, from: dayOf(first), until: dayOf(last) } };
}

function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

function ambiguity({ ambiguous }: DateForm): string {
  return ambiguous ? ' (or day and month the other way round: no day is above 12)' : '';
}

function strangers({ read }: DateForm, { texts }: ColumnProfile): string {
  if (texts === null) return '';
  const isDate = texts.levels.map((level) => !Number.isNaN(read(level)));
  const others = texts.codes.reduce(
    (n, code) => n + (code >= 0 && isDate[code] !== true ? 1 : 0),
    0,
  );
  return others === 0 ? '' : `, but for ${others} cells`;
}
