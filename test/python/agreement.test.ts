/**
 * What MLflow loads predicts what our scorer predicts: every estimator, behind every transform, under
 * every calibrator. Needs the project's MLflow environment, which `bin/setup.mjs` makes.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsCsv } from '#claims/generate.ts';
import { type Artifact, encodeArtifact, labelOf } from '#learning/pipeline/artifact.ts';
import { ESTIMATOR_NAMES } from '#learning/pipeline/estimators.ts';
import { fitPipeline } from '#learning/pipeline/fit.ts';
import { type RawRow, scorer } from '#learning/pipeline/scorer.ts';
import type { TransformSpec } from '#learning/pipeline/transform-specs.ts';
import { substream } from '#learning/random.ts';
import { selectRows } from '#learning/table.ts';
import { LOADER_REQUIREMENTS, modelFolder } from '#adapters/mlflow/pyfunc/model-folder.ts';
import {
  creditTable,
  folderTable,
  generatedTable,
  type NamedTable,
  rowsToScore,
  type ScoredColumn,
} from './tables.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const PYTHON = join(PROJECT, '.local/venv-mlflow/bin/python');
/** The agreement that is promised. */
const NEAR = 1e-9;
const TRAINING = 600;
const SCORED = 1500;
const MANIFEST = `sha256:${'cd'.repeat(32)}`;

const SETTINGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  forest: { trees: 12, maxDepth: 12, minLeaf: 2, featuresPerSplit: 'sqrt' },
  boosting: { rounds: 12, leaves: 16, minLeaf: 5 },
  logistic: {},
  'ml-random-forest': {
    trees: 5,
    maxDepth: 8,
    minLeaf: 3,
    featuresPerSplit: 'all',
    sampleRows: 250,
  },
};
const CALIBRATIONS = ['none', 'sigmoid', 'isotonic'] as const;

function transformsOf(
  source: NamedTable,
): readonly (readonly [string, readonly TransformSpec[]])[] {
  const { numbers, categories } = source;
  const cross: TransformSpec[] =
    categories === null ? [] : [{ kind: 'interact', pairs: [categories], as: 'cross' }];
  const ratio: TransformSpec = { kind: 'interact', pairs: [numbers], as: 'ratio' };
  const all: readonly (readonly [string, readonly TransformSpec[]])[] = [
    ['none', []],
    ['impute', [{ kind: 'impute', with: 'most-frequent' }]],
    ['one-hot', [{ kind: 'encode', as: 'one-hot' }]],
    ['ordinal', [{ kind: 'encode', as: 'ordinal' }]],
    ['frequency', [{ kind: 'encode', as: 'frequency' }]],
    ['product', [{ kind: 'interact', pairs: [numbers], as: 'product' }]],
    ['ratio', [ratio]],
    ['cross', cross],
    ['select', [{ kind: 'select', best: 4 }]],
    [
      'a chain',
      [
        { kind: 'impute', with: 'median' },
        ...cross,
        ratio,
        { kind: 'encode', as: 'one-hot' },
        { kind: 'select', best: 12 },
      ],
    ],
  ];
  const needsCategories = new Set(['one-hot', 'ordinal', 'frequency', 'cross']);
  return categories === null ? all.filter(([name]) => !needsCategories.has(name)) : all;
}

interface Case {
  readonly folder: string;
  readonly table: string;
  readonly artifact: Artifact;
}
interface Answers {
  readonly cases: Record<string, { rows: number; labels: Record<string, number>; dtype: string }>;
  readonly folder: Record<string, any>;
  readonly cells: readonly (number | string)[];
  readonly mixed: readonly number[];
  readonly typed: Record<string, number[]>;
  readonly refused: Record<string, string | null>;
  readonly versions: Record<string, string>;
}

/** Cells as JSON may bring them, for a number column n and a category column c. */
const CELLS: readonly RawRow[] = [
  ...['1', ' 1.0\t', '\ufeff1', '1e0', '+1', '.5', '5.', '-0', '1e-400', 'NA', ' N/A ', '', 'null']
    .concat('None', 'NaN', '\u00a0', 'na', 'none', '1_0', '0x10', '1e999', 'Infinity', '-inf', '١')
    .concat('1\n', '\u0085', '12 3', '\u001c1')
    .map((n) => ({ n, c: 'b' })),
  ...[0, -0, 1.5, 1e300, 9007199254740993, null, true, false].map((n) => ({ n, c: 'b' })),
  ...['1', ' 1 ', '1.0', 'true', 'True', ' b', 'b\u3000', 'B', 'NA', '', 'none', 'x', '1e+21']
    .concat('\u0085b')
    .map((c) => ({ n: 1, c })),
  ...[1, 1.0, -0, 0, 0.1, 1e21, 1e20, 123456789012345680000, 1e-6, 1e-7, 1.5e-9, -2.5, 1e16]
    .concat(12345678.9, 5e-324, 1.7976931348623157e308, 4.35, 100, 2 ** 53)
    .map((c) => ({ n: 1, c })),
  ...[true, false, null].map((c) => ({ n: 1, c })),
];

/** A model of n and c whose every level has a weight of its own. */
function cellModel(): Artifact {
  const levels = [
    ...['b', '1', 'true', 'false', '0', '0.1', '1e+21', '100000000000000000000', '-2.5'],
    ...['123456789012345680000', '0.000001', '1e-7', '1.5e-9', '10000000000000000', '12345678.9'],
    ...['5e-324', '1.7976931348623157e+308', '4.35', '100', '9007199254740992'],
  ];
  return {
    format: 'titleholder-model',
    schemaVersion: 2,
    columns: [
      { name: 'n', kind: 'numeric' },
      { name: 'c', kind: 'categorical', levels },
    ],
    transforms: [],
    estimator: {
      kind: 'logistic',
      inputs: [
        { kind: 'standard', mean: 0.5, scale: 3, coefficient: 0.25, missing: 0.3 },
        {
          kind: 'levels',
          coefficients: Float64Array.from(levels, (_, i) => i / 10 - 1),
          missing: 1.71,
          unseen: -1.93,
        },
      ],
      intercept: 0.05,
    },
    calibrator: null,
    threshold: 0.5,
    positive: 'yes',
    trainingManifest: MANIFEST,
    provenance: {
      model: 'agreement',
      commit: null,
      bundle: null,
      data: 'sha256:data',
      code: 'sha256:code',
      seed: 1,
      asOf: null,
      stage: 'full',
      candidate: 'a',
    },
  };
}

let root: string;
let answers: Answers;
const cases: Case[] = [];
const tables: Record<string, { asObjects: boolean; columns: readonly ScoredColumn[] }> = {};

function layOut(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), bytes);
}

function addCases(source: NamedTable, everyCalibration: boolean): void {
  const order = Int32Array.from({ length: source.table.rows }, (_, row) => row);
  const random = substream(9, 'agreement-order');
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = random.nextInt(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const training = order.slice(0, TRAINING);
  const table = selectRows(source.table, training);
  const labels = Uint8Array.from(training, (row) => source.labels[row]!);
  tables[source.name] = {
    asObjects: everyCalibration,
    columns: rowsToScore(source.table, order.slice(TRAINING, TRAINING + SCORED), 3),
  };
  let turn = 0;
  for (const algorithm of ESTIMATOR_NAMES) {
    for (const [what, transforms] of transformsOf(source)) {
      turn += 1;
      const some = everyCalibration ? CALIBRATIONS : [CALIBRATIONS[turn % 3]!];
      for (const calibration of some) {
        const folder = `${source.name}-${algorithm}-${what.replace(' ', '-')}-${calibration}`;
        const fitted = weighted(
          fitPipeline({
            table,
            labels,
            candidate: {
              name: 'a',
              algorithm: algorithm as never,
              settings: SETTINGS[algorithm]!,
              transforms,
              calibration,
            },
            seed: 11,
            positive: 'yes',
            thresholdRule: 0.4,
            trainingManifest: MANIFEST,
            provenance: cellModel().provenance,
            folds: 2,
          }),
        );
        // Every other file names the target's other value, as files from before it don't.
        const artifact = cases.length % 2 === 0 ? fitted : { ...fitted, negative: 'nö' };
        cases.push({ folder, table: source.name, artifact });
        const files = modelFolder({
          bytes: encodeArtifact(artifact),
          artifact,
          createdAt: '2026-03-01T12:34:56.789Z',
          runId: 'a'.repeat(32),
          modelId: null,
        });
        for (const file of files) layOut(`${folder}/${file.path}`, file.bytes);
      }
    }
  }
}

/** Weights of classes that no default has, so that a reader which leaves them out is found. */
function weighted(artifact: Artifact): Artifact {
  const { estimator } = artifact;
  return estimator.kind === 'forest'
    ? { ...artifact, estimator: { ...estimator, classWeights: [0.7, 1.9] } }
    : artifact;
}

/** Rows of a table as records. */
function recordsOf(columns: readonly ScoredColumn[]): RawRow[] {
  return (columns[0]?.cells ?? []).map((_, row) =>
    Object.fromEntries(columns.map(({ name, cells }) => [name, cells[row]!])),
  );
}

function ours(artifact: Artifact, record: RawRow): number | 'refused' {
  try {
    return scorer(artifact).scoreRecord(record);
  } catch {
    return 'refused';
  }
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'agreement-'));
  addCases(generatedTable(), true);
  addCases(creditTable(), false);
  addCases(
    folderTable('claims-denial', claimsCsv({ rows: 3000, seed: 1 }), CLAIMS.numbers, CLAIMS.levels),
    false,
  );
  const visits = readFileSync(join(PROJECT, 'models/doctor-visits/data.csv'));
  addCases(folderTable('doctor-visits', visits, ['lpi', 'fmde'], null), false);
  const bytes = encodeArtifact(cellModel());
  layOut('cells.json', bytes);
  const text = new TextDecoder().decode(bytes);
  layOut('older.json', text.replace('"schemaVersion":2', '"schemaVersion":1'));
  layOut('other.json', '{"format":"something else"}');
  layOut('broken.json', '{"format":');
  layOut('cut.json', text.replace('"intercept":0.05,', ''));
  layOut('short.json', text.replace('"length":20', '"length":19'));
  layOut(
    'jobs.json',
    JSON.stringify({
      tables,
      cases: cases.map(({ folder, table }) => ({ folder, table })),
      cells: {
        model: 'cells.json',
        records: CELLS,
        good: CELLS.filter((record) => ours(cellModel(), record) !== 'refused'),
      },
      refused: REFUSED.map(([file]) => file),
    }),
  );
  execFileSync(PYTHON, [join(import.meta.dirname, 'agree.py'), root], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' },
  });
  answers = JSON.parse(readFileSync(join(root, 'answers.json'), 'utf8')) as Answers;
}, 1_800_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

const CLAIMS = {
  numbers: ['billed_amount', 'age'],
  levels: ['provider_type', 'cpt_code'],
} as const;

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['older.json', /^ModelError: .*older\.json: the file has schemaVersion 1; this loader reads 2$/],
  ['other.json', /^ModelError: .*other\.json: the file is not of the format titleholder-model$/],
  ['broken.json', /^ModelError: .*broken\.json: the artifact's file is not JSON in UTF-8$/],
  ['cut.json', /^ModelError: .*cut\.json: the artifact's estimator lacks 'intercept'$/],
  [
    'short.json',
    /^ModelError: .*short\.json: the artifact's estimator's input of 'c' has another length$/,
  ],
  ['nowhere.json', /^ModelError: .*nowhere\.json can't be read: No such file or directory$/],
];

describe('a model that MLflow loads', () => {
  it('predicts what our scorer predicts, for each estimator behind each transform', () => {
    let worst = 0;
    let compared = 0;
    for (const { folder, table, artifact } of cases) {
      const bytes = readFileSync(join(root, folder, 'probabilities.f64'));
      const theirs = new Float64Array(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      );
      const score = scorer(artifact).scoreRecord;
      const expected = recordsOf(tables[table]!.columns).map(score);
      expect(theirs.length, folder).toBe(SCORED);
      const labels: Record<string, number> = {};
      expected.forEach((probability, row) => {
        const difference = Math.abs(probability - theirs[row]!);
        if (!(difference <= NEAR)) expect(theirs[row], `${folder}, row ${row}`).toBe(probability);
        worst = Math.max(worst, difference);
        const label = labelOf(artifact, probability);
        labels[label] = (labels[label] ?? 0) + 1;
        compared += 1;
      });
      // A constant would agree with anything that is constant; isotonic over a few votes has three steps.
      expect(new Set(expected).size, folder).toBeGreaterThan(2);
      expect(answers.cases[folder], folder).toEqual({
        rows: SCORED,
        labels,
        dtype: 'float64',
      });
    }
    const records = Object.values(tables).map(({ columns }) => recordsOf(columns));
    const count = (test: (cell: unknown) => boolean): number =>
      records.flat().filter((record) => Object.values(record).some(test)).length;
    const missing = count((cell) => cell === null);
    const unseen = count((cell) => typeof cell === 'string' && cell.startsWith('never seen'));
    process.stdout.write(
      `agreement with MLflow ${answers.versions['mlflow']}, Python ${answers.versions['python']}: ` +
        `${cases.length} models, ${compared} probabilities, at most ${worst.toExponential(1)} apart; ` +
        `of ${records.flat().length} rows ${missing} with a missing and ${unseen} with an unseen value\n`,
    );
    expect(missing).toBeGreaterThanOrEqual(1000);
    expect(unseen).toBeGreaterThanOrEqual(1000);
  });

  it('was compared for every estimator, transform and calibrator that there is', () => {
    expect(ESTIMATOR_NAMES.filter((name) => SETTINGS[name] === undefined)).toEqual([]);
    const kinds = cases.map(({ artifact: { estimator, transforms, calibrator } }) => ({
      estimator: estimator.kind,
      transforms: transforms.map(({ kind }) => kind),
      calibrator: calibrator?.kind ?? 'none',
    }));
    for (const estimator of ESTIMATOR_NAMES) {
      const its = kinds.filter((kind) => kind.estimator === estimator);
      expect(new Set(its.map(({ calibrator }) => calibrator)).size, estimator).toBe(3);
      expect([...new Set(its.flatMap(({ transforms }) => transforms))].sort(), estimator).toEqual([
        'cross',
        'frequency',
        'impute',
        'oneHot',
        'ordinal',
        'product',
        'ratio',
        'select',
      ]);
    }
  });

  it('has at least 10 % missing in every column of the generated table', () => {
    for (const { name, cells } of tables['generated']!.columns) {
      const missing = cells.filter((cell) => cell === null).length;
      expect(missing / cells.length, name).toBeGreaterThan(0.1);
    }
  });

  it('bears a signature, examples and a flavor of its own', () => {
    const { folder } = answers;
    expect(folder['flavors']).toEqual(['python_function', 'titleholder']);
    expect(folder['runId']).toBe('a'.repeat(32));
    expect(folder['createdAt']).toBe('2026-03-01 12:34:56.789000');
    const inputs = JSON.parse(folder['signature'].inputs) as unknown;
    const columns = tables['generated']!.columns;
    expect(inputs).toEqual(
      columns.map(({ name, kind }) => ({
        type: kind === 'numeric' ? 'any' : 'string',
        name,
        required: true,
      })),
    );
    expect(folder['example']).toBe(2);
    expect(folder['serving']).toBe(2);
    expect(folder['shuffled']).toBe(true);
    expect(folder['index']).toBe(7);
    expect(folder['withoutColumn']).toContain('normal');
  });

  it('needs what the project’s own MLflow environment has', () => {
    const pinned = readFileSync(join(PROJECT, 'localstack/mlflow-requirements.txt'), 'utf8');
    expect(LOADER_REQUIREMENTS.filter((line) => !pinned.split('\n').includes(line))).toEqual([]);
  });
});

describe('the loader alone', () => {
  it('reads every kind of cell as serving does', () => {
    const artifact = cellModel();
    const read = CELLS.map((record, i) => {
      const theirs = answers.cells[i]!;
      const expected = ours(artifact, record);
      const same =
        typeof theirs === 'number'
          ? typeof expected === 'number' && Math.abs(theirs - expected) <= NEAR
          : expected === 'refused' && /^column '[nc]' /.test(theirs);
      return same ? [] : [{ record: JSON.stringify(record), theirs, expected }];
    });
    expect(read.flat()).toEqual([]);
    expect(answers.cells.filter((cell) => typeof cell === 'string').length).toBeGreaterThan(10);
  });

  it('reads a column of mixed kinds as it reads each cell', () => {
    const good = CELLS.map((record) => ours(cellModel(), record)).filter((p) => p !== 'refused');
    expect(answers.mixed.map((p, i) => Math.abs(p - good[i]!) <= NEAR)).toEqual(
      good.map(() => true),
    );
  });

  it('reads columns of pandas’ and numpy’s own types', () => {
    const p = (n: number | null, c: string | null): number =>
      scorer(cellModel()).scoreRecord({ n, c });
    const expected = {
      Int64: [p(1, '1'), p(null, null)],
      category: [p(1, '1'), p(2, null)],
      whole: [p(1, '1')],
      flag: [p(1, 'true')],
      numpy: [p(1, '1')],
    };
    for (const [kind, values] of Object.entries(expected)) {
      const theirs = answers.typed[kind]!;
      values.forEach((value, i) => expect(theirs[i], kind).toBeCloseTo(value, 9));
    }
  });

  it('refuses a file of another format or version, and a damaged one, in one line', () => {
    for (const [file, line] of REFUSED) expect(answers.refused[file]).toMatch(line);
  });
});
