/**
 * What a table's cells mean, on tables as other programs write them. Each case is one of a kind: its
 * table isn't the one on which the fault was found.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { substream } from '#learning/random.ts';
import { inWorkplace } from './workplace.ts';

const ROWS = 400;

/** A CSV with a target `y` that follows a number, for the further columns that a case makes. */
function tableOf(
  columns: Readonly<Record<string, (row: number) => string>>,
  { separator = ',', ends = ['\n'] } = {},
): string {
  const random = substream(7, 'cases');
  const header = ['age', ...Object.keys(columns), 'y'];
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const age = 20 + random.nextInt(600) / 10;
    const y = random.nextFloat() < (age > 50 ? 0.8 : 0.2) ? 'yes' : 'no';
    return [String(age), ...Object.values(columns).map((cell) => cell(row)), y];
  });
  return [header, ...rows]
    .map((cells, i) => cells.join(separator) + (ends[Math.min(i, ends.length - 1)] ?? ''))
    .join('');
}

const site = (row: number): string => ['north', 'south', 'west'][row % 3] ?? '';

describe('a file', () => {
  it('that is compressed is named for it', () =>
    inWorkplace(async (place) => {
      const made = await place.init({ data: ['claims.csv', gzipSync(tableOf({ site }))] });
      expect(made.code).toBe(2);
      expect(made.words).toEqual(['claims.csv: is compressed by gzip: unpack it first (gunzip)']);
    }));

  it.each([
    ['CRLF behind its header alone', ['\r\n', '\n']],
    ['LF behind its header alone', ['\n', '\r\n']],
  ])('with %s is read', (_, ends) =>
    inWorkplace(async (place) => {
      const made = await place.init({ data: ['claims.csv', tableOf({ site }, { ends })] });
      expect(made.code).toBe(0);
      expect(made.columns).toMatchObject({ site: 'category feature', y: 'category target' });
    }),
  );
});

const flag = (row: number): string => (row % 3 === 0 ? 'True' : 'False');

describe('a flag', () => {
  const row = { age: 44.5, site: 'south' };
  const capitals = tableOf({ site, member: flag });

  it('is the same in a request, whether it is JSON’s or the table’s', () =>
    inWorkplace(async (place) => {
      const artifact = await place.trained({ data: ['a.csv', capitals] });
      const [word] = [place.predict(artifact, { records: [{ ...row, member: 'True' }] })];
      for (const member of [true, 'TRUE', 'true', 't', 1]) {
        expect(place.predict(artifact, { records: [{ ...row, member }] })).toEqual(word);
      }
      expect(place.predict(artifact, { records: [{ ...row, member: false }] })).not.toEqual(word);
      expect(place.predict(artifact, { records: [{ ...row, member: 'perhaps' }] })).toBe(
        "row 0: column 'member' is neither true nor false",
      );
    }));

  it('is the same in the tables of three programs', () =>
    inWorkplace(async (place) => {
      const artifact = await place.trained({ data: ['a.csv', capitals] });
      const own = await place.score(artifact, ['a.csv', capitals]);
      for (const spelling of [
        (text: string) => text.toLowerCase(),
        (text: string) => text.toUpperCase(),
      ]) {
        const other = tableOf({ site, member: (one) => spelling(flag(one)) });
        expect(await place.score(artifact, ['b.csv', other])).toEqual(own);
      }
    }));
});

describe('a code', () => {
  it('that a frame with gaps wrote as a float is the whole number of a request', () =>
    inWorkplace(async (place) => {
      const data = tableOf({ ward: (row) => (row % 9 === 4 ? '' : `${1 + (row % 4)}.0`) });
      const said = ['--as', 'ward=category'];
      const artifact = await place.trained({ data: ['a.csv', data], options: said });
      const floats = await place.score(artifact, ['b.csv', 'age,ward\n50,2.0\n50,4.0\n50,9.0\n']);
      expect(await place.score(artifact, ['c.csv', 'age,ward\n50,2\n50,4\n50,9\n'])).toEqual(
        floats,
      );
      const records = [2, 4, 9].map((ward) => ({ age: 50, ward }));
      expect(place.predict(artifact, { records })).toEqual(floats);
      expect(new Set<unknown>(floats).size).toBe(3);
    }));

  it('keeps its zeros, and a number that lost them is refused', () =>
    inWorkplace(async (place) => {
      const codes = ['0401', '401', '401.10', '401.1'];
      const data = tableOf({ icd: (row) => codes[row % 4] ?? '' });
      const made = await place.init({ data: ['a.csv', data] });
      expect(made.columns).toMatchObject({ icd: 'code feature' });
      expect(made.names('icd')).toBe(true);
      const artifact = await place.fit();
      expect(decodeArtifact(readFileSync(artifact)).columns).toContainEqual({
        kind: 'categorical',
        name: 'icd',
        levels: codes.toSorted(),
      });
      expect(place.predict(artifact, { records: [{ age: 50, icd: 401 }] })).toBe(
        "row 0: column 'icd' is a number where a code belongs: it may have lost zeros, so give it as text",
      );
    }));
});

describe('a number', () => {
  it.each<[string, (row: number) => string, string]>([
    [
      'with full stops for gaps',
      (row) => (row % 30 === 7 ? '.' : String(row / 7)),
      'cells are ., read as missing',
    ],
    [
      'with its thousands divided by spaces',
      (row) => `${1 + (row % 80)} ${200 + row}.5`,
      'thousands divided',
    ],
    ['with a currency', (row) => `"£${1 + (row % 80)},${200 + row}.50"`, 'numbers bear £'],
    ['with permille signs', (row) => `${row / 8}‰`, 'numbers bear ‰'],
  ])('%s is a number, and the line says how it was read', (_, cell, line) =>
    inWorkplace(async (place) => {
      const made = await place.init({ data: ['a.csv', tableOf({ fee: cell })] });
      expect(made.columns).toMatchObject({ fee: 'number feature' });
      expect(made.words.join(' ')).toContain(line);
      await place.fit();
      expect((await place.try()).code).toBeLessThan(2);
    }),
  );

  it('that overflows is refused in a request, a table and init alike', () =>
    inWorkplace(async (place) => {
      const artifact = await place.trained({ data: ['a.csv', tableOf({ site })] });
      const refused = "column 'age' is no finite number";
      const records = (age: string): string => `{"records":[{"age":${age},"site":"west"}]}`;
      expect(place.predict(artifact, records('1e400'))).toBe(`row 0: ${refused}`);
      expect(place.predict(artifact, records('"-1e999"'))).toBe(`row 0: ${refused}`);
      expect(await place.score(artifact, ['b.csv', 'age,site\n1,west\n1e400,west\n'])).toContain(
        "b.csv: row 2, column 'age': is no finite number",
      );
      const data = tableOf({ fee: (row) => (row === 8 ? '-1e400' : String(row / 7)) });
      const made = await place.init({ data: ['c.csv', data], name: 'n' });
      expect(made.words).toEqual(["c.csv: row 9, column 'fee': is no finite number"]);
    }));
});

describe('a table that another program separates and writes', () => {
  const fee = (row: number): string => (row / 7).toFixed(2);
  const points = tableOf({ fee, site });

  it('is trained on as it is, and then takes tables and requests written so', () =>
    inWorkplace(async (place) => {
      const written = tableOf(
        { fee: (row) => fee(row).replace('.', ','), site },
        { separator: ';' },
      );
      const european = written.replaceAll(/^(\d+)\.(\d)/gm, '$1,$2');
      const made = await place.init({ data: ['a.csv', european] });
      expect(made.words).toContain("cells: separated by ';', with a comma for the decimal mark");
      expect(place.schema().read).toEqual({ separator: ';', decimal: ',', missing: [] });
      const artifact = await place.fit();
      const scores = await place.score(artifact, ['b.csv', european]);
      const options = ['--sep', ',', '--decimal', '.'];
      expect(await place.score(artifact, ['c.csv', points], ...options)).toEqual(scores);
      expect(
        place.predict(artifact, { records: [{ age: '50,5', fee: '1.234,5', site: 'west' }] }),
      ).toEqual(place.predict(artifact, { records: [{ age: 50.5, fee: 1234.5, site: 'west' }] }));
      expect(await place.score(artifact, ['d.csv', points])).toContain(
        "d.csv: row 0 (header), column 'age': is absent; separated by ',' it would not be: --sep",
      );
      expect((await place.try()).code).toBeLessThan(2);
    }));

  it('is named where a folder or an artifact expects another separator', () =>
    inWorkplace(async (place) => {
      await place.init({ data: ['a.csv', points] });
      place.file('models/m/data.csv', points.replaceAll(',', '\t'));
      expect((await place.try()).words).toEqual([
        'data.csv: row 0 (header): has no header: it names none of the schema’s columns; separated by a tab it would: set read.separator',
      ]);
    }));

  it('has no rules to change where the artifact is from before them', () =>
    inWorkplace(async (place) => {
      await place.init({ data: ['a.csv', points] });
      place.edit('models/m/schema.json', (text) => {
        const { read: _read, ...schema } = JSON.parse(text) as Record<string, unknown>;
        return JSON.stringify(schema);
      });
      const artifact = await place.fit();
      expect('read' in decodeArtifact(readFileSync(artifact))).toBe(false);
      const semicolons = points.replaceAll(',', ';');
      expect(await place.score(artifact, ['b.csv', semicolons], '--sep', ';')).toEqual(
        await place.score(artifact, ['a.csv', points]),
      );
      expect(await place.score(artifact, ['a.csv', points], '--missing', '?')).toMatch(
        /^--decimal, --missing: the artifact has no rules for cells/,
      );
    }));
});

describe('a class', () => {
  it.each([
    ['in time', 'late', 'late', ['in time', 'late']],
    ['False', 'True', 'True', ['false', 'true']],
    ['1.0', '0.0', '0', ['1', '0']],
    ['YES', 'NO', 'NO', ['YES', 'NO']],
  ])('of %s and %s is answered by its own value', (no, yes, positive, labels) =>
    inWorkplace(async (place) => {
      const data = tableOf({ site })
        .replaceAll(/,no$/gm, `,${no}`)
        .replaceAll(/,yes$/gm, `,${yes}`);
      const artifact = await place.trained({ data: ['a.csv', data], positive });
      const records = [
        { age: 21, site: 'west' },
        { age: 79, site: 'west' },
      ];
      expect(place.answers(artifact, { records })).toMatchObject(
        labels.map((label) => ({ label })),
      );
    }),
  );

  it('of three is answered by the positive one, or by not being it', () =>
    inWorkplace(async (place) => {
      let row = 0;
      const data = tableOf({ site }).replaceAll(/,no$/gm, () =>
        (row += 1) % 3 === 0 ? ',lost' : ',in time',
      );
      const artifact = await place.trained({ data: ['a.csv', data] });
      const records = [
        { age: 21, site: 'west' },
        { age: 79, site: 'west' },
      ];
      expect(place.answers(artifact, { records })).toMatchObject([
        { label: 'not yes' },
        { label: 'yes' },
      ]);
    }));

  it('that is a word for missing is refused with such words', () =>
    inWorkplace(async (place) => {
      const data = tableOf({ site }).replaceAll(/,no$/gm, ',None');
      const made = await place.init({ data: ['a.csv', data] });
      expect(made.code).toBe(2);
      expect(made.words.join()).toMatch(
        /column 'y': the target is missing \(empty cells and words such as NA, None and NULL count as missing\), and in \d+ more rows/,
      );
    }));

  it('of 0.0 and 1.0 is the 1 of --positive', () =>
    inWorkplace(async (place) => {
      const data = tableOf({ site }).replaceAll(/,no$/gm, ',0.0').replaceAll(/,yes$/gm, ',1.0');
      const made = await place.init({ data: ['a.csv', data], positive: '1' });
      expect(made.code).toBe(0);
      expect(place.schema().columns.at(-1)).toMatchObject({
        name: 'y',
        values: expect.arrayContaining(['0', '1']),
      });
      await place.fit();
      expect((await place.try()).report?.metrics['auc']).toBeGreaterThan(0.7);
    }));
});
