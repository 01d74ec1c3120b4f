/** What `init` and `try` say of tables and documents that aren't as anybody expects. */
import { describe, expect, it } from 'vitest';
import { substream } from '#learning/random.ts';
import { inWorkplace } from './workplace.ts';

const ROWS = 400;

function tableOf(columns: Readonly<Record<string, (row: number) => string>>): string {
  const random = substream(8, 'words');
  const header = ['age', ...Object.keys(columns), 'y'].map((name) => `"${name}"`);
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const age = 20 + random.nextInt(600) / 10;
    const y = random.nextFloat() < (age > 50 ? 0.8 : 0.2) ? 'yes' : 'no';
    return [String(age), ...Object.values(columns).map((cell) => cell(row)), y];
  });
  return [header, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
}

const few = (row: number): string => String(row % 5);

describe('a column’s name', () => {
  const question = 'In the past six months, how often did you go without medicine? ';

  it('may be a whole question', () =>
    inWorkplace(async (place) => {
      const name = question.repeat(4).slice(0, 250).trim();
      const made = await place.init({ data: ['survey.csv', tableOf({ [name]: few })] });
      expect(made.code).toBe(0);
      expect(made.columns[name]).toBe('number feature');
      expect((await place.try()).code).toBeLessThan(2);
    }));

  it('that is too long is refused with how long one may be', () =>
    inWorkplace(async (place) => {
      const made = await place.init({
        data: ['survey.csv', tableOf({ [question.repeat(5)]: few })],
      });
      expect(made.code).toBe(2);
      expect(made.words).toEqual([
        "survey.csv: row 0 (header), column 'In the past six months, how often did you go without medi…': has a name of 314 characters, and at most 256 are taken: shorten it in the header",
      ]);
    }));
});

describe('the words of try', () => {
  it('have no line that names every column', () =>
    inWorkplace(async (place) => {
      const names = Array.from({ length: 150 }, (_, i) => `measured_by_the_second_laboratory_${i}`);
      const columns = Object.fromEntries(names.map((name) => [name, few]));
      expect((await place.init({ data: ['wide.csv', tableOf(columns)] })).code).toBe(0);
      // One small candidate: what is asked is what is said.
      await place.fit();
      const { data, words } = await place.try();
      const lines = [...data.split('\n'), ...words];
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(500);
      expect(data).toMatch(/measured_by_the_second_laboratory_6 and \d+ more\)/);
    }));
});

describe('a document', () => {
  const path = 'models/m/model.json';

  it('with a byte order mark is read', () =>
    inWorkplace(async (place) => {
      await place.init({ data: ['t.csv', tableOf({ few })] });
      await place.fit();
      place.edit(path, (text) => `\ufeff${text}`);
      expect((await place.try()).code).toBeLessThan(2);
    }));

  it('with a slip is refused with its place', () =>
    inWorkplace(async (place) => {
      await place.init({ data: ['t.csv', tableOf({ few })] });
      place.edit(path, (text) => text.replace('"target": "y",', '"target": y,'));
      const { code, words } = await place.try();
      expect(code).toBe(2);
      expect(words).toEqual([
        `${place.folder}/models/m/model.json is not JSON (at line 6, character 13)`,
      ]);
    }));
});

describe('a column that gives the target away', () => {
  it('is named with the reason, and how to leave it out', () =>
    inWorkplace(async (place) => {
      const plain = tableOf({ few }).trimEnd().split('\n');
      const lines = plain.map((line, i) => {
        if (i === 0) return line.replace('"y"', '"state","due","closed_on","y"');
        const isYes = line.endsWith('yes');
        const due = (isYes ? 9 : 1) + (i % 7) / 10;
        const y = line.slice(line.lastIndexOf(',') + 1);
        return `${line.slice(0, -y.length)}${isYes ? 'lost' : 'kept'},${due},${1 + (i % 28)}.${1 + (i % 12)}.2023,${y}`;
      });
      const made = await place.init({ data: ['t.csv', `${lines.join('\n')}\n`] });
      expect(made.words.filter((line) => line.startsWith('warning:'))).toEqual([
        "warning: 'state' is the target in other words: is it known before y is? --as state=ignored leaves it out",
        "warning: 'due' alone gives the target away (AUC 1.0000): is it known before y is? --as due=ignored leaves it out",
      ]);
      expect(made.words.find((line) => line.startsWith('closed_on'))).toContain(
        'by its name (closed) after y',
      );
      const other = await place.init({
        data: ['t.csv', `${lines.join('\n')}\n`],
        name: 'n',
        options: ['--as', 'state=ignored', '--as', 'due=ignored'],
      });
      expect(other.words.filter((line) => line.startsWith('warning:'))).toEqual([]);
      expect(other.columns).toMatchObject({ state: 'text ignored', due: 'text ignored' });
    }));
});
