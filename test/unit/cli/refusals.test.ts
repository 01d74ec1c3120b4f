/** What a model, its settings and its tables may not be: each refused with one line, which docs/refusals.md has. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { endOf } from '../../../cli/output.ts';
import { titleholder } from '../../../cli/program.ts';
import { scoreRows } from '../../../functions/serve-model/score-rows.ts';
import { LearningError } from '#learning/errors.ts';
import { stratifiedFolds, stratifiedGroupedFolds } from '#learning/folds.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { estimatorKind } from '#learning/pipeline/estimators.ts';
import { type RawRow, scorer } from '#learning/pipeline/scorer.ts';
import { checkTransformSpecs } from '#learning/pipeline/transform-specs.ts';
import { substream } from '#learning/random.ts';
import { checkLabels } from '#learning/table.ts';
import { isNamed } from '#domain/errors.ts';
import { documented, type Refusal } from '../../stack/support/documented.ts';
import { bytesOf, smallFolder, type SmallOptions, smallRows } from '../dataset/small-folder.ts';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures/parquet');
/** Stands in a cell; no message may show it. */
const SECRET = 'Tuberculosis';
const good = smallRows(600);
const dir = mkdtempSync(join(tmpdir(), 'refusals-'));
const artifact = join(dir, 'small.json');

/** A folder named `small` with other parts of model.json, and another table. */
function folder(options: SmallOptions['model'] = {}, table = bytesOf(good)): string {
  const { model, schema, policy } = smallFolder();
  const at = mkdtempSync(join(dir, 'folder-'));
  const small = join(at, 'small');
  mkdirSync(small);
  writeFileSync(join(small, 'model.json'), JSON.stringify({ ...model, ...options }));
  writeFileSync(join(small, 'schema.json'), JSON.stringify(schema));
  writeFileSync(join(small, 'policy.json'), JSON.stringify(policy));
  writeFileSync(join(small, 'data.csv'), table);
  return small;
}

const candidate = (algorithm: string, settings: object, more: object = {}) => ({
  candidates: [{ name: 'a', algorithm, settings, ...more }],
});

function file(name: string, bytes: string | Uint8Array): string {
  const path = join(mkdtempSync(join(dir, 'file-')), name);
  writeFileSync(path, bytes);
  return path;
}

/** How a command ends, and what it says. */
async function command(...args: readonly string[]): Promise<Omit<Refusal, 'what'>> {
  const spies = [process.stderr, process.stdout].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(() => true),
  );
  try {
    await titleholder().parseAsync(args, { from: 'user' });
    return { answer: 'exit 0', line: '' };
  } catch (error) {
    // Commander says it itself, and how to get help.
    if (error instanceof CommanderError) {
      return { answer: 'exit 2', line: error.message.replace(/^error: /, '') };
    }
    const { code, line } = endOf(error);
    return { answer: `exit ${code}`, line };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const score = (table: string | Uint8Array, name = 'rows.csv', model = artifact) =>
  command('score', model, '--data', file(name, table), '--out', join(dir, 'out.csv'));

const tried = (options: SmallOptions['model'], table?: Uint8Array) =>
  command('try', folder(options, table));

/** A call of the engine, by the name of its error. */
function call(run: () => unknown): Omit<Refusal, 'what'> {
  try {
    run();
  } catch (error) {
    if (error instanceof LearningError || isNamed(error, 'DataInvalid')) {
      return { answer: error.name, line: error.message };
    }
    throw error;
  }
  return { answer: 'accepted', line: '' };
}

function predict(row: RawRow): Omit<Refusal, 'what'> {
  const decoded = decodeArtifact(readFileSync(artifact));
  const known = new Set(['who', 'x', 'colour', 'y']);
  const loaded = { artifact: decoded, known, scorer: scorer(decoded) };
  return call(() => scoreRows(loaded, [{ x: 0.5, colour: 'red' }, row]));
}

function edited(change: (document: any) => void): string {
  const document: unknown = JSON.parse(readFileSync(artifact, 'utf8'));
  change(document);
  return file('edited.json', JSON.stringify(document));
}

const withCell = (row: number, at: number, cell: string): Uint8Array =>
  bytesOf(
    good.map((line, i) =>
      i === row - 1
        ? line
            .split(',')
            .map((old, j) => (j === at ? cell : old))
            .join(',')
        : line,
    ),
  );

const parquet = (name: string) =>
  score(readFileSync(join(FIXTURES, `${name}.parquet`)), `${name}.parquet`);

type Case = readonly [
  what: string,
  run: () => Omit<Refusal, 'what'> | Promise<Omit<Refusal, 'what'>>,
];

/** The small folder with a day in each row, split by it. */
function byTime(write: (day: number) => string, model: SmallOptions['model'] = {}): string {
  const at = folder({
    identity: { group: ['who'], time: 'at' },
    split: { by: 'time', holdout: 0.2 },
    ...model,
  });
  const { schema } = smallFolder();
  const column = { name: 'at', type: 'date', role: 'time', form: 'YYYYMMDD' };
  const columns = [...schema.columns, column];
  writeFileSync(join(at, 'schema.json'), JSON.stringify({ ...schema, columns }));
  const lines = good.map((line, i) => `${line},${write(Math.floor((30 * i) / good.length) + 1)}`);
  writeFileSync(join(at, 'data.csv'), bytesOf(lines, 'who,x,colour,y,at'));
  return at;
}
const ofMay = (day: number): string => String(20_260_500 + day);

const CASES: readonly Case[] = [
  ['a split by time, of rows without one', () => tried({ split: { by: 'time' } })],
  [
    'a split by time with an epoch',
    () => command('try', byTime(ofMay, { split: { by: 'time', epoch: 2 } })),
  ],
  [
    'a split by time, a row without a day',
    () =>
      command(
        'try',
        byTime((day) => (day === 9 ? '' : ofMay(day))),
      ),
  ],
  [
    'a split by time, a day of another form',
    () =>
      command(
        'try',
        byTime((day) => (day === 9 ? '13.5.2026' : ofMay(day))),
      ),
  ],
  [
    'a split by time, one day',
    () =>
      command(
        'try',
        byTime(() => ofMay(1)),
      ),
  ],
  [
    'a split by time, fewer days than folds',
    () =>
      command(
        'try',
        byTime((day) => ofMay(Math.ceil(day / 10))),
      ),
  ],
  ['`score`: rows without a column of the model', () => score('who,colour\na,red\n')],
  ['`score`: a word in a number column', () => score(`x,colour\n1,red\n${SECRET},red\n`)],
  ['`score`: Infinity in a number column', () => score('x,colour\n1,red\n-Infinity,red\n')],
  ['`score`: a ragged row', () => score('x,colour\n1,red\n1\n')],
  ['`score`: no rows', () => score('x,colour\n')],
  ['`/predict`: a row without a column of the model', () => predict({ x: 1 })],
  ['`/predict`: a row with a column too many', () => predict({ x: 1, colour: 'red', z: 1 })],
  ['`/predict`: a word where a number belongs', () => predict({ x: SECRET, colour: 'red' })],
  ['`/predict`: true where a number belongs', () => predict({ x: true, colour: 'red' })],
  ['`/predict`: a number that overflows', () => predict({ x: '1e999', colour: 'red' })],

  ['`score`: an artifact of another table', () => score('Age,Income\n1,2\n')],
  [
    '`try --champion`: an artifact of another table',
    () => {
      const champion = edited((document) => (document.columns[0].name = 'age'));
      writeFileSync(`${champion}.manifest.json`, readFileSync(`${artifact}.manifest.json`));
      return command('try', folder(), '--champion', champion);
    },
  ],
  [
    '`score`: a file that is no artifact',
    () => score('x,colour\n1,red\n', 'a.csv', file('a.json', '{}')),
  ],
  ['`score`: an artifact that is no JSON', () => score('x\n1\n', 'a.csv', file('a.json', 'x,y'))],
  [
    '`score`: an artifact of a later version',
    () =>
      score(
        'x\n1\n',
        'a.csv',
        edited((document) => (document.schemaVersion = 3)),
      ),
  ],
  [
    '`score`: an artifact with a column too many',
    () =>
      score(
        'x\n1\n',
        'a.csv',
        edited((d) => d.columns.push({ name: 'z', kind: 'numeric' })),
      ),
  ],
  [
    '`score`: an artifact with a column of another kind',
    () =>
      score(
        'x\n1\n',
        'a.csv',
        edited((d) => (d.columns[1] = { name: 'colour', kind: 'numeric' })),
      ),
  ],

  [
    'folds: more than a class has rows',
    () => call(() => stratifiedFolds(Uint8Array.of(0, 0, 0, 0, 0, 1, 1), 3, 1)),
  ],
  [
    'folds: more than a class has groups',
    () =>
      call(() =>
        stratifiedGroupedFolds(Uint8Array.of(0, 0, 0, 1, 1), Int32Array.of(1, 2, 3, 4, 4), 2, 1),
      ),
  ],
  [
    '`try`: more folds than there are groups',
    () => {
      const few = good.map((line, i) => line.replace(/^w\d+/, `w${i % 15}`));
      return tried({ plan: { ...smallFolder().model.plan, folds: 20 } }, bytesOf(few));
    },
  ],
  ['`try`: one fold', () => tried({ plan: { primaryMetric: 'auc', folds: 1 } })],
  ['`try`: k above all rows', () => tried({ plan: { primaryMetric: 'auc', k: 1.5 } })],

  ['`try`: a negative setting', () => tried(candidate('forest', { trees: -5 }))],
  ['`try`: a fractional setting', () => tried(candidate('forest', { trees: 5.5 }))],
  ['`try`: an unknown setting', () => tried(candidate('boosting', { depth: 5 }))],
  ['`try`: a setting out of range', () => tried(candidate('boosting', { learningRate: 2 }))],
  ['`try`: a setting of text', () => tried(candidate('logistic', { l2: 'much' }))],
  ['`try`: an unknown algorithm', () => tried(candidate('svm', {}))],
  [
    '`try`: a transform of a column that is not there',
    () =>
      tried(
        candidate(
          'logistic',
          {},
          {
            transforms: [{ kind: 'encode', as: 'one-hot', columns: ['shade'] }],
          },
        ),
      ),
  ],
  [
    '`try`: more columns a split than there are',
    () => tried(candidate('forest', { featuresPerSplit: 9 })),
  ],
  [
    'engine: a negative setting',
    () =>
      call(() =>
        estimatorKind('forest')?.check({
          trees: -5,
          maxDepth: 3,
          minLeaf: 1,
          featuresPerSplit: 'all',
        }),
      ),
  ],
  [
    'engine: a fractional setting',
    () => call(() => estimatorKind('boosting')?.check({ leaves: 7.5 })),
  ],
  [
    'engine: a setting that is NaN',
    () => call(() => estimatorKind('logistic')?.check({ l2: Number.NaN })),
  ],
  ['engine: an unknown setting', () => call(() => estimatorKind('logistic')?.check({ c: 1 }))],
  ['engine: an unknown transform', () => call(() => checkTransformSpecs([{ kind: 'scale' }]))],

  ['`try --seed`: a fraction', () => command('try', folder(), '--seed', '1.5')],
  ['`try --seed`: a word', () => command('try', folder(), '--seed', 'lucky')],
  ['`try --seed`: a negative number', () => command('try', folder(), '--seed=-1')],
  ['`try`: a fractional seed in model.json', () => tried({ seed: 0.5 })],
  ['`try`: a seed of text in model.json', () => tried({ seed: '1' })],
  ['engine: a fractional seed', () => call(() => substream(0.5, 'bootstrap'))],

  ['`try`: a label missing', () => tried({}, withCell(21, 3, 'NA'))],
  ['`try`: no labels', () => tried({}, bytesOf(good.map((l) => l.replace(/,\w+$/, ','))))],
  [
    'engine: a label that is neither 0 nor 1',
    () => call(() => checkLabels(Uint8Array.of(0, 1, 2), 3)),
  ],
  ['engine: fewer labels than rows', () => call(() => checkLabels(Uint8Array.of(0, 1), 3))],
  ['engine: labels of one class', () => call(() => checkLabels(Uint8Array.of(1, 1, 1), 3))],

  ['Parquet: by name only', () => score('x,colour\n1,red\n', 'rows.parquet')],
  [
    'Parquet: cut off',
    () => score(readFileSync(join(FIXTURES, 'credit.parquet')).subarray(0, 5000), 'cut.parquet'),
  ],
  ['Parquet: a list in a column', () => parquet('nested-list')],
  ['Parquet: a struct in a column', () => parquet('nested-struct')],
  ['Parquet: a time of day', () => parquet('time')],
  ['Parquet: 16-bit floats', () => parquet('half')],
  ['Parquet: bytes', () => parquet('bytes')],
  ['Parquet: text in another encoding', () => parquet('not-text')],
  ['Parquet: 320 MB in 88 KB', () => parquet('bomb')],
  ['Parquet: without a column of the model', () => parquet('credit')],
];

describe('a bad model, setting or table', () => {
  const said: Refusal[] = [];
  beforeAll(async () => {
    expect(await command('fit', folder(), '--out', artifact)).toEqual({
      answer: 'exit 0',
      line: '',
    });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each(CASES)('is refused in one line: %s', async (what, run) => {
    const { answer, line } = await run();
    said.push({ what, answer, line: line.replaceAll(/\/[^\s:]*\//g, '') });
    expect(answer).toMatch(/^exit 2$|Invalid$|^OneClass$/);
    expect(line).toMatch(/^.{10,200}$/);
    expect(line).not.toContain(SECRET);
  });

  it('is documented as it is', () => {
    const { expected, found } = documented('Bad models, settings and tables', said);
    expect(found).toBe(expected);
  });
});
