/** What `init` and `try` make of a table whose rows have days. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { substream } from '#learning/random.ts';
import { inWorkplace, type Workplace } from './workplace.ts';

const ROWS = 900;

/** A day's text from its number. */
type Writing = (day: number) => string;
const iso: Writing = (day) => new Date(Date.UTC(2022, 10, 1 + day)).toISOString().slice(0, 10);
const german: Writing = (day) => iso(day).split('-').toReversed().join('.');
const seconds: Writing = (day) => String(Date.UTC(2022, 10, 1 + day) / 1000 + 61);
const compact: Writing = (day) => iso(day).replaceAll('-', '');

function tableOf(columns: Readonly<Record<string, (row: number) => string>>): string {
  const random = substream(5, 'time');
  const header = [...Object.keys(columns), 'age', 'y'].join(',');
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const age = 20 + random.nextInt(600) / 10;
    const y = random.nextFloat() < (age > 50 ? 0.85 : 0.15) ? 'yes' : 'no';
    return [...Object.values(columns).map((cell) => cell(row)), age, y].join(',');
  });
  return `${[header, ...rows].join('\n')}\n`;
}
/** Nine rows a day, in an order that isn't that of the days. */
const dayOf = (row: number): number => (row * 37) % 100;
const withDays = (write: Writing): string => tableOf({ seen: (row) => write(dayOf(row)) });

const init = (place: Workplace, table: string, ...options: readonly string[]) =>
  place.init({ data: ['t.csv', table], options });
const splitLine = (words: readonly string[]): string | undefined =>
  words.find((line) => line.startsWith('split: '));

describe('a table of days', () => {
  it('is told which days judge, and what that leaves unmeasured, with the switch', () =>
    inWorkplace(async (place) => {
      const { words, columns } = await init(place, withDays(german));
      expect(columns['seen']).toBe('date ignored');
      expect(splitLine(words)).toBe(
        'split: by identity: days from 2022-11-01 to 2023-02-08 judge beside days that train, so how a model does on days to come isn’t measured; --as seen=time lets the last days judge',
      );
    }));

  it('of one day, or of times of day alone, is told nothing of the kind', () =>
    inWorkplace(async (place) => {
      const table = tableOf({
        seen: () => iso(3),
        at: (row) => `${String(row % 24).padStart(2, '0')}:15`,
      });
      expect(splitLine((await init(place, table)).words)).toBeUndefined();
    }));

  it.each([
    ['YYYY-MM-DD', iso],
    ['DD/MM/YYYY', german],
    ['Unix seconds', seconds],
    ['YYYYMMDD', compact],
  ])('in the form %s is split by them, and try says how', (form, write) =>
    inWorkplace(async (place) => {
      const { words, columns } = await init(place, withDays(write), '--as', 'seen=time');
      expect(columns['seen']).toBe('date time');
      expect(splitLine(words)).toBe(
        'split: by time: the days from 2023-01-20 to 2023-02-08 judge, and all before trains',
      );
      const path = 'models/m/schema.json';
      place.edit(path, (text) => {
        expect(text).toContain(`"form": "${form}"`);
        return text;
      });
      await place.fit();
      const { data, code } = await place.try();
      expect(code).toBeLessThan(2);
      expect(data).toContain(
        'window: the days from 2023-01-20 to 2023-02-08 judge, and those before train',
      );
    }),
  );

  it('says how many rows of returning groups are left out', () =>
    inWorkplace(async (place) => {
      const table = tableOf({
        person_id: (row) => `p${row < 60 ? 0 : row}`,
        seen: (row) => iso(dayOf(row)),
      });
      await init(place, table, '--as', 'seen=time', '--as', 'person_id=group');
      await place.fit();
      const { data, words } = await place.try();
      const own = Array.from({ length: 60 }, (_, row) => dayOf(row)).filter((day) => day >= 80);
      expect(own.length).toBeGreaterThan(5);
      expect(data).toContain(
        `before train; ${own.length} rows of groups on both sides of 2023-01-20 do neither`,
      );
      expect(words.join('\n')).toContain(`warning: rows: left-out: ${own.length} `);
    }));

  it.each([
    ['age=time', withDays(iso), "column 'age': is said to be the time, and holds no days"],
    [
      'seen=time',
      withDays(iso).replace(/\n2022-11-\d\d,/, '\n,'),
      "row 1, column 'seen': is said to be the time, and 1 of its cells are missing",
    ],
    [
      'seen=time',
      withDays(german).replace(/\n[\d.]+,/, '\nsoon,'),
      "row 1, column 'seen': is not a date (DD/MM/YYYY)",
    ],
    ['seen=time', tableOf({ seen: () => iso(3) }), "column 'seen': holds one day only"],
  ])('--as %s is refused where the cells say otherwise', (said, table, line) =>
    inWorkplace(async (place) => {
      const { code, words } = await init(place, table, '--as', said);
      expect(code).toBe(2);
      expect(words.join('\n')).toContain(line);
    }),
  );

  it('written with dots has the day first where nothing tells day from month', () =>
    inWorkplace(async (place) => {
      const table = tableOf({ seen: (row) => `01.${1 + (dayOf(row) % 12)}.2023` });
      const { words } = await init(place, table, '--as', 'seen=time');
      expect(splitLine(words)).toMatch(
        /^split: by time: the days from 2023-1[01]-01 to 2023-12-01/,
      );
      expect(words.join('\n')).toMatch(
        /dates as DD\/MM\/YYYY \(or day and month the other way round: [^)]*\); form in schema.json/,
      );
    }));

  it('is judged out of fold by windows, but for those with too little before them', () =>
    inWorkplace(async (place) => {
      const quiet = withDays(iso).replace(/(\n2022-11-\d\d,[\d.]+,)yes/g, '$1no');
      await init(place, quiet, '--as', 'seen=time');
      await place.fit();
      const { code, data } = await place.run(...['try', join(place.folder, 'models/m'), '--folds']);
      expect(code).toBeLessThan(2);
      const rows = Number(/^out of fold, (\d+) training rows/m.exec(data)?.[1]);
      // Of 80 days that train the windows have 13 each, and the first 30 hold one class.
      expect(rows).toBeLessThanOrEqual(4 * 13 * 9);
      expect(rows).toBeGreaterThanOrEqual(2 * 13 * 9);
    }));

  it('has one time', () =>
    inWorkplace(async (place) => {
      const table = tableOf({
        seen: (row) => iso(dayOf(row)),
        paid: (row) => german(dayOf(row) + 3),
      });
      const { code, words } = await init(place, table, '--as', 'seen=time', '--as', 'paid=time');
      expect(code).toBe(2);
      expect(words).toEqual(['t.csv: has one time, and --as names seen and paid']);
    }));
});
