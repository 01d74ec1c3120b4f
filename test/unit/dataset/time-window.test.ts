import { describe, expect, it } from 'vitest';
import type { Folder } from '#contracts/folder/charter.ts';
import { readCsv } from '#dataset/csv.ts';
import { prepare, type PreparedData } from '#dataset/prepare.ts';
import { readManifest, readRegister } from '#dataset/register.ts';
import { findingLines } from '#dataset/validation-report.ts';
import { substream } from '#learning/random.ts';
import { bytesOf, smallFolder } from './small-folder.ts';

const COLUMNS = [
  { name: 'who', type: 'text', role: 'identity', sensitive: true },
  { name: 'at', type: 'date', role: 'time', form: 'DD/MM/YYYY' },
  { name: 'x', type: 'number', role: 'feature' },
  { name: 'y', type: 'category', role: 'target' },
];
const HEADER = 'who,at,x,y';

function folderOf(split: object, identity: object = { group: ['who'] }, time = 'at'): Folder {
  return smallFolder({
    schema: { columns: COLUMNS, read: {} },
    model: { split, identity: { ...identity, time } },
  });
}
const BY_TIME = folderOf({ by: 'time', holdout: 0.2 });
const RETURNING = folderOf({ by: 'time', holdout: 0.2, returning: true });

/** Days from 1 January 2024 on, as the table writes them. */
function written(day: number): string {
  const [year = '', month = '', date = ''] = iso(day).split('-');
  return `${date}/${month}/${year}`;
}
function iso(day: number): string {
  return new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString().slice(0, 10);
}

/** Five rows a day, each of a person of its own unless `who` says otherwise. */
function rowsOf(from: number, to: number, who = (day: number, i: number) => `p${day}-${i}`) {
  const random = substream(from + 1, 'window');
  return Array.from({ length: to - from }, (_, d) => from + d).flatMap((day) =>
    Array.from({ length: 5 }, (_, i) => {
      const x = Math.round(random.nextFloat() * 1000) / 1000;
      return `${who(day, i)},${written(day)},${x},${random.nextFloat() < x ? 'yes' : 'no'}`;
    }),
  );
}

function commit(lines: readonly string[], stored: PreparedData | null, folder = BY_TIME) {
  return prepare({
    folder,
    csv: bytesOf(lines, HEADER),
    file: 'data.csv',
    asOf: '2026-01-01T00:00:00.000Z',
    stored,
  });
}
const daysOf = (csv: Uint8Array): string[] => readCsv(csv, 'part').rows.map(([, day]) => day ?? '');
const spanOf = (csv: Uint8Array): string[] => {
  const days = daysOf(csv).toSorted();
  return [days[0] ?? '', days.at(-1) ?? ''];
};

const table = rowsOf(0, 100);
const first = commit(table, null);

describe('the first window', () => {
  it('is the last share of the days, and all before it trains', () => {
    expect(first.time?.window).toEqual({ from: iso(80), until: iso(99) });
    expect(spanOf(first.holdout)).toEqual([iso(80), iso(99)]);
    expect(spanOf(first.training)).toEqual([iso(0), iso(79)]);
    expect([first.trainingRows, first.holdoutRows, first.epoch]).toEqual([400, 100, 1]);
    expect(readRegister(first.register).window).toEqual(first.time?.window);
    expect(readManifest(first.trainingManifest).through).toBe(iso(79));
  });

  it('holds whole days, never more than the share but for a last day that is more', () => {
    const heavy = [...rowsOf(0, 99), ...Array.from({ length: 40 }, () => rowsOf(99, 100)).flat()];
    const named = heavy.map((row, i) => row.replace(/^p/, `n${i}-`));
    const { time, holdoutRows } = commit(named, null);
    expect(time?.window.from).toBe(iso(99));
    expect(holdoutRows).toBe(200);
    const odd = [...table, ...rowsOf(99, 100).map((row, i) => row.replace(/^p/, `m${i}-`))];
    expect(commit(odd, null).time?.window.from).toBe(iso(81));
  });

  it('leaves later rows of a group that was there before to neither side, and says so', () => {
    const who = (day: number, i: number): string => (i === 0 ? 'often' : `p${day}-${i}`);
    const lines = rowsOf(0, 100, who);
    const left = commit(lines, null);
    expect([left.trainingRows, left.holdoutRows, left.time?.leftOut.length]).toEqual([400, 80, 20]);
    expect(findingLines(left.findings).join('\n')).toMatch(
      /left-out: 20 \(4\.0 %\); rows whose group is on the other side of 2024-03-21/,
    );
    const both = commit(lines, null, RETURNING);
    expect([both.trainingRows, both.holdoutRows, both.time?.leftOut.length]).toEqual([400, 100, 0]);
  });

  it.each([
    [
      'a row without a day',
      [...table, 'q,,0.5,no'],
      "row 501, column 'at': the row’s time is missing",
    ],
    [
      'a day of another form',
      [...table, 'q,2024-12-01,0.5,no'],
      "row 501, column 'at': is not a date (DD/MM/YYYY)",
    ],
    [
      'a day of no calendar',
      ['q,31/02/2024,0.5,no', ...table],
      "row 1, column 'at': is not a date",
    ],
    [
      'one day',
      table.map((row) => row.replace(/\d+\/\d+\/2024/, '07/07/2024')),
      'holds one day only',
    ],
  ])('is refused for %s', (_what, lines, words) => {
    expect(() => commit(lines, null)).toThrow(
      expect.objectContaining({
        name: 'DataInvalid',
        message: expect.stringContaining(words) as string,
      }),
    );
  });
});

describe('a later commit', () => {
  it('leaves the window, while rows after it wait for the next one', () => {
    const grown = commit([...table, ...rowsOf(100, 115)], first);
    expect(grown.question).toBeNull();
    expect([grown.epoch, grown.time?.opens]).toEqual([1, false]);
    expect([grown.holdout, grown.register]).toEqual([first.holdout, first.register]);
    expect(grown.training).toEqual(first.training);
    expect(findingLines(grown.findings).join('\n')).toMatch(/waiting-rows: 75 \(13\.0 %\)/);
  });

  it('puts late rows where their day belongs', () => {
    const late = ['l1,05/01/2024,0.5,no', 'l2,25/03/2024,0.5,yes'];
    const next = commit([...late, ...table], first);
    expect(next.question).toBeNull();
    expect([next.trainingRows, next.holdoutRows]).toEqual([401, 101]);
    expect(daysOf(next.holdout).slice(0, 100)).toEqual(daysOf(first.holdout));
    expect(daysOf(next.holdout)[100]).toBe('2024-03-25');
  });

  it('keeps a group that judges from training, whatever day a late row of it has', () => {
    const judge = readCsv(first.holdout, 'h').rows[0]?.[0] ?? '';
    const next = commit([`${judge},05/01/2024,0.5,no`, ...table], first);
    expect(next.question).toBeNull();
    expect([next.trainingRows, next.holdoutRows, next.time?.leftOut.length]).toEqual([400, 100, 1]);
  });

  const rolled = commit([...table, ...rowsOf(100, 125)], first);

  it('opens the next window once the rows after the open one are the share', () => {
    expect(rolled.question).toBeNull();
    expect([rolled.epoch, rolled.time?.opens]).toEqual([2, true]);
    expect(rolled.time?.window).toEqual({ from: iso(100), until: iso(124) });
    expect(spanOf(rolled.holdout)).toEqual([iso(100), iso(124)]);
    expect(spanOf(rolled.training)).toEqual([iso(0), iso(99)]);
    // Nothing that trained or judged before judges now.
    const { groups } = readManifest(first.trainingManifest);
    const before = new Set(readRegister(first.register).rows.map((row) => row.identity));
    const judging = readRegister(rolled.register).rows.map((row) => row.identity);
    expect(judging.filter((one) => groups.has(one) || before.has(one))).toEqual([]);
    const again = commit([...table, ...rowsOf(100, 125)], rolled);
    expect([again.epoch, again.time?.opens, again.register]).toEqual([2, false, rolled.register]);
  });

  it('opens none that has judges of one class alone', () => {
    const alike = rowsOf(100, 125).map((row) => row.replace(/,yes$/, ',no'));
    const next = commit([...table, ...alike], first);
    expect([next.epoch, next.time?.waiting.length]).toEqual([1, 125]);
  });

  it('asks about a row of the window that is gone or changed, and about no other', () => {
    const gone = commit(
      table.filter((row) => row !== table[450]),
      first,
    );
    expect(gone.question?.summary).toBe(
      'of 100 holdout rows 0 changed and 1 are lacking; 0 would join',
    );
    const moved = commit(
      table.with(450, table[450]?.replace(/\d+\/03\/2024/, '30/03/2024') ?? ''),
      first,
    );
    expect(moved.question?.summary).toMatch(/1 changed and 0 are lacking/);
    expect(commit(table.slice(5), first).question).toBeNull();
    const sooner = [...table.slice(0, 400), ...table.slice(410), ...rowsOf(100, 125)];
    expect(commit(sooner, first).question).toBeNull();
  });
});

describe('a model that changes its split', () => {
  const drawn = folderOf({ holdout: 0.2 });
  const before = commit(table, null, drawn);

  it('from identity to time waits for days that nobody was trained on', () => {
    expect(() => commit([...table, ...rowsOf(100, 110)], before)).toThrow(
      expect.objectContaining({
        name: 'HoldoutRefused',
        message: expect.stringMatching(
          /later than 2024-04-09.*there are 50, and 125 are needed/,
        ) as string,
      }),
    );
    const window = commit([...table, ...rowsOf(100, 125)], before);
    expect(window.time?.window).toEqual({ from: iso(100), until: iso(124) });
    expect([window.epoch, window.question]).toEqual([2, null]);
  });

  it('from time back to identity is refused', () => {
    expect(() => commit(table, first, drawn)).toThrow(
      expect.objectContaining({ name: 'HoldoutRefused' }),
    );
  });
});

describe('the form of a day', () => {
  it.each([
    ['YYYYMMDD', (day: number) => iso(day).replaceAll('-', '')],
    ['YYYY-MM-DD', (day: number) => `${iso(day)}T23:59:00Z`],
    ['MM/DD/YYYY', (day: number) => `${iso(day).slice(5, 7)}/${iso(day).slice(8)}/2024`],
    ['Unix seconds', (day: number) => String(Date.UTC(2024, 0, 1) / 1000 + day * 86_400 + 7)],
    ['spreadsheet days', (day: number) => String(45_292 + day)],
  ])('%s makes the same split', (form, write) => {
    const folder = smallFolder({
      schema: { read: {}, columns: COLUMNS.map((c) => (c.name === 'at' ? { ...c, form } : c)) },
      model: { split: { by: 'time', holdout: 0.2 }, identity: { group: ['who'], time: 'at' } },
    });
    const lines = table.map((row, i) => {
      const [who = '', , x = '', y = ''] = row.split(',');
      return [who, write(Math.floor(i / 5)), x, y].join(',');
    });
    const again = commit(lines, null, folder);
    expect(again.holdout).toEqual(first.holdout);
    expect(again.training).toEqual(first.training);
  });
});
