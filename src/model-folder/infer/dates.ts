/** Columns of dates and times, in the forms that people and programs write. */
import { type DateForm, dateFormOf, numberDateFormOf } from '#dataset/date-forms.ts';
import type { Choice } from './choice.ts';
import type { ColumnProfile } from './column-profile.ts';
import { namesDate, namesIdentifier } from '#dataset/column-names.ts';

/** A date is left out; null for every other column. */
export function dateChoiceOf(column: ColumnProfile): Choice | null {
  const { name, numbers, texts, present } = column;
  if (numbers !== null) {
    if (namesIdentifier(name) === 'plainly') return null;
    const form = numberDateFormOf(numbers, namesDate(name));
    return form === null ? null : dateChoice(form.name);
  }
  // A column of many numbers and a word has no texts here, and is no date.
  if (texts === null || present === 0) return null;
  const form = dateFormOf(texts.levels);
  if (form === null) return null;
  return dateChoice(form.name, ambiguity(form) + strangers(form, column));
}

function dateChoice(form: string, more = ''): Choice {
  const what = form === 'HH:MM' ? 'times of day' : `dates as ${form}`;
  return { kind: 'date', why: `${what}${more}; a later row has others` };
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
