/** That what one person's row holds stays in the table: not in the model, nor in what is said of it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { modelFolder } from '#adapters/mlflow/pyfunc/model-folder.ts';
import { substream } from '#learning/random.ts';
import { inWorkplace } from './workplace.ts';

const ROWS = 500;
const MARK = 'Qz';
const person = (row: number): string => `${MARK}${'abcdefghij'[row % 10]}${row}`;

/** Columns whose cells tell a person; each cell bears the mark. */
const PERSONAL: Readonly<Record<string, (row: number) => string>> = {
  // All but a few differ.
  remark: (row) => `said ${person(Math.max(5, row))}`,
  mail: (row) => `${person(row % 200)}@example.org`,
  holder_name: (row) => `Ana ${person(row % 90)}`,
  // A key, and a group that isn't named as one.
  code: (row) => `${MARK}-${(row * 7) % ROWS}`,
  patient_id: (row) => `${MARK}${Math.floor(row / 2)}`,
  c7: (row) => `${person(row)} came by bus, and left at ${row % 9}`,
};

const table = (): string => {
  const random = substream(9, 'privacy');
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const age = 20 + random.nextInt(600) / 10;
    const y = random.nextFloat() < (age > 50 ? 0.85 : 0.15) ? 'yes' : 'no';
    const own = Object.values(PERSONAL).map((cell) => `"${cell(row)}"`);
    return [age, ['north', 'south'][random.nextInt(2)], ...own, y].join(',');
  });
  return [['age', 'site', ...Object.keys(PERSONAL), 'y'].join(','), ...rows, ''].join('\n');
};

describe('a cell that tells a person', () => {
  it('is in no artifact, MLflow folder, report or word', () =>
    inWorkplace(async (place) => {
      const made = await place.init({ data: ['people.csv', table()] });
      expect(made.code).toBe(0);
      const features = Object.entries(made.columns).filter(([, kind]) => kind.endsWith('feature'));
      expect(features.map(([name]) => name)).toEqual(['age', 'site']);
      const bytes = readFileSync(await place.fit());
      const artifact = decodeArtifact(bytes);
      const createdAt = '2026-01-01T00:00:00.000Z';
      const files = modelFolder({ bytes, artifact, createdAt, runId: null, modelId: null });
      const tried = await place.try();
      const everything = [
        ...made.words,
        ...tried.words,
        tried.data,
        JSON.stringify(tried.report),
        ...files.map((file) => new TextDecoder().decode(file.bytes)),
      ];
      expect(everything.filter((text) => text.includes(MARK))).toEqual([]);
      // What is looked for would be found: the levels of a feature are in the artifact.
      expect(everything.some((text) => text.includes('south'))).toBe(true);
    }));

  it('is in no refusal of a later table', () =>
    inWorkplace(async (place) => {
      await place.init({ data: ['people.csv', table()] });
      const lines = table().split('\n');
      for (const change of [
        (line: string) => line.replace(/^[\d.]+/, MARK),
        (line: string) => line.replace(/,(yes|no)$/, `,${MARK}`),
        (line: string) => line.replace(/,[^,]*,(yes|no)$/, ',$1'),
        (line: string) => `${line},${MARK}`,
      ]) {
        const changed = lines.map((line, i) => (i === 40 ? change(line) : line));
        place.file('models/m/data.csv', changed.join('\n'));
        const { code, words } = await place.try();
        expect(code).toBe(2);
        expect(words.join('\n')).not.toContain(MARK);
      }
    }));
});
