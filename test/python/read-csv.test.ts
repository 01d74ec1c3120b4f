/** MLflow's scoring of the frame that `pandas.read_csv` makes of a table, against `score` of the table. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelFolder } from '#adapters/mlflow/pyfunc/model-folder.ts';
import { decodeArtifact, labelOf } from '#learning/pipeline/artifact.ts';
import { substream } from '#learning/random.ts';
import { inWorkplace, type Workplace } from '../cases/workplace.ts';

const PYTHON = join(resolve(import.meta.dirname, '../..'), '.local/venv-mlflow/bin/python');
const ROWS = 400;

interface FrameAnswer {
  readonly types: Readonly<Record<string, string>>;
  readonly probabilities?: readonly number[];
  readonly labels?: readonly string[];
  readonly refused?: string;
}

interface Job {
  readonly artifact: string;
  readonly table: string;
  /** Of read_csv. */
  readonly options?: object;
}

/** What MLflow answers to each job, in one Python process. */
function framesScored(place: Workplace, jobs: readonly Job[]): FrameAnswer[] {
  const laidOut = jobs.map(({ artifact, table, options = {} }, i) => {
    const bytes = readFileSync(artifact);
    const files = modelFolder({
      bytes,
      artifact: decodeArtifact(bytes),
      createdAt: '2026-03-01T12:34:56.789Z',
      runId: null,
      modelId: null,
    });
    const paths = files.map((file) => place.file(join(`mlflow-${i}`, file.path), file.bytes));
    return { folder: dirname(paths[0]!), table, options };
  });
  const script = join(import.meta.dirname, 'read_csv.py');
  const printed = execFileSync(PYTHON, [script, place.file('jobs.json', JSON.stringify(laidOut))], {
    encoding: 'utf8',
    env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' },
  });
  return printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FrameAnswer);
}

type Cells = (row: number, random: { nextInt(n: number): number }) => string;
const gaps =
  (cells: Cells): Cells =>
  (row, random) =>
    row % 11 === 4 ? '' : cells(row, random);
const one =
  (values: readonly string[]): Cells =>
  (_, random) =>
    values[random.nextInt(values.length)]!;

/** A column a type that read_csv chooses, with the type that it is to have there. */
const COLUMNS: Readonly<Record<string, readonly [Cells, RegExp]>> = {
  whole: [(_, r) => String(20 + r.nextInt(60)), /^int64$/],
  wholeWithGaps: [gaps((_, r) => String(r.nextInt(900) - 300)), /^float64$/],
  decimal: [(_, r) => (r.nextInt(9000) / 7).toFixed(3), /^float64$/],
  thousands: [(_, r) => `"${1 + r.nextInt(9)},${100 + r.nextInt(900)}.50"`, /^(object|str)$/],
  percent: [(_, r) => `${r.nextInt(100)} %`, /^(object|str)$/],
  markedGaps: [(row, r) => (row % 13 === 2 ? '?' : String(r.nextInt(70) / 4)), /^(object|str)$/],
  flag: [one(['True', 'False']), /^bool$/],
  flagWithGaps: [gaps(one(['TRUE', 'FALSE'])), /^(object|str)$/],
  bit: [one(['0', '1']), /^int64$/],
  digits: [one(['3', '1', '12', '7']), /^int64$/],
  digitsWithGaps: [gaps(one(['30', '10', '20'])), /^float64$/],
  word: [gaps(one(['red', 'green', 'NULL', 'été'])), /^(object|str)$/],
  when: [(row) => `2024-0${1 + (row % 9)}-1${row % 7}`, /^(object|str)$/],
};
const AS = ['bit=boolean', 'digits=category', 'digitsWithGaps=category'];

function tableOf(columns: Readonly<Record<string, Cells>>): string {
  const random = substream(17, 'read-csv');
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const cells = Object.values(columns).map((cell) => cell(row, random));
    const y = random.nextFloat() < (cells[0]! > '50' ? 0.8 : 0.2) ? 'late' : 'in time';
    return [...cells, y].join(',');
  });
  return [[...Object.keys(columns), 'y'].join(','), ...rows, ''].join('\n');
}

/** What the project itself makes of a table's rows. */
async function ours(place: Workplace, artifact: string, table: string): Promise<FrameAnswer> {
  const scored = await place.score(artifact, ['scored-table.csv', table]);
  if (typeof scored === 'string') throw new Error(scored);
  const decoded = decodeArtifact(readFileSync(artifact));
  return { types: {}, probabilities: scored, labels: scored.map((p) => labelOf(decoded, p)) };
}

function expectEqual(theirs: FrameAnswer, expected: FrameAnswer): void {
  expect(theirs.refused).toBe(undefined);
  const apart = theirs.probabilities!.map((p, row) => Math.abs(p - expected.probabilities![row]!));
  expect(apart).toHaveLength(ROWS);
  expect(Math.max(...apart)).toBeLessThan(1e-9);
  expect(theirs.labels).toEqual(expected.labels);
}

describe('the frame that read_csv makes of the training table', () => {
  it('is scored by MLflow as the table is, whatever types it has', () =>
    inWorkplace(async (place) => {
      const table = tableOf(
        Object.fromEntries(Object.entries(COLUMNS).map(([n, [of]]) => [n, of])),
      );
      const options = [...AS.flatMap((as) => ['--as', as]), '--missing', '?'];
      const artifact = await place.trained({ data: ['a.csv', table], positive: 'late', options });
      // Each column reaches the model, but for the date.
      expect(decodeArtifact(readFileSync(artifact)).columns.map(({ name }) => name)).toEqual(
        Object.keys(COLUMNS).filter((name) => name !== 'when'),
      );
      const [answer] = framesScored(place, [{ artifact, table: place.file('a.csv', table) }]);
      for (const [name, [, type]] of Object.entries(COLUMNS)) {
        expect(answer!.types[name], name).toMatch(type);
      }
      const expected = await ours(place, artifact, table);
      expectEqual(answer!, expected);
      expect(new Set(expected.probabilities).size).toBeGreaterThan(ROWS / 2);
      expect(new Set(expected.labels)).toEqual(new Set(['late', 'in time']));
    }));

  it('has lost the zeros of codes, which is refused and not guessed', () =>
    inWorkplace(async (place) => {
      const table = tableOf({
        whole: COLUMNS['whole']![0],
        ward: one(['00123', '00045', '12000', '07700']),
      });
      const artifact = await place.trained({
        data: ['a.csv', table],
        positive: 'late',
        options: ['--as', 'ward=code'],
      });
      const path = place.file('a.csv', table);
      const [plain, told] = framesScored(place, [
        { artifact, table: path },
        { artifact, table: path, options: { dtype: { ward: 'str' } } },
      ]);
      expect(plain!.types['ward']).toBe('int64');
      expect(plain!.refused).toBe(
        "column 'ward' is a number where a code belongs: it may have lost zeros, so give it as text",
      );
      expectEqual(told!, await ours(place, artifact, table));
    }));

  it('needs its categories as text where the model’s folder has no rules for cells', () =>
    inWorkplace(async (place) => {
      const table = tableOf({ whole: COLUMNS['whole']![0], flag: COLUMNS['flag']![0] });
      await place.init({ data: ['a.csv', table], positive: 'late' });
      place.edit('models/m/schema.json', (text) => {
        const {
          read: _read,
          columns,
          ...schema
        } = JSON.parse(text) as {
          read: unknown;
          columns: { type: string }[];
        };
        const older = columns.map((c) => (c.type === 'boolean' ? { ...c, type: 'category' } : c));
        return JSON.stringify({ ...schema, columns: older });
      });
      const artifact = await place.fit();
      const path = place.file('a.csv', table);
      const [plain, told] = framesScored(place, [
        { artifact, table: path },
        { artifact, table: path, options: { dtype: { flag: 'str' } } },
      ]);
      expect(plain!.types['flag']).toBe('bool');
      expect(plain!.refused).toMatch(/Incompatible input types for column flag/);
      expectEqual(told!, await ours(place, artifact, table));
    }));
});
