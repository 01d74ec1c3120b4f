/** Model files that somebody broke, through the engine's reader and through the Python loader. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LearningError } from '#learning/errors.ts';
import { type Artifact, decodeArtifact, encodeArtifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import type { Transform } from '#learning/pipeline/transforms.ts';
import { brokenFile } from '../unit/learning/pipeline/broken-file.ts';
import { everyFile, servedRecords } from '../unit/learning/pipeline/every-pipeline.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const PYTHON = join(PROJECT, '.local/venv-mlflow/bin/python');
const FILES = process.env['TITLEHOLDER_PROVE'] === '1' ? 100_000 : 600;
/** Files that one process reads: their bytes and answers are held together. */
const AT_ONCE = 5000;
/** The agreement that is promised. */
const NEAR = 1e-9;

const files = everyFile();
const sound = files.map(({ bytes }) => bytes);
const records = servedRecords(12);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'broken-files-'));
  const names = Object.keys(records[0]!);
  const columns = names.map((name) => [name, records.map((record) => record[name])]);
  writeFileSync(join(folder, 'rows.json'), JSON.stringify(Object.fromEntries(columns)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Probabilities, or the line that the file or its rows were refused with. */
type Answer = readonly number[] | { readonly file: string } | { readonly rows: string };

function ours(file: Uint8Array): Answer {
  try {
    const { scoreRecord } = scorer(decodeArtifact(file));
    return records.map(scoreRecord);
  } catch (error) {
    if (!(error instanceof LearningError)) throw error;
    return error.name === 'ArtifactInvalid' ? { file: error.message } : { rows: error.message };
  }
}

function theirs(of: readonly Uint8Array[]): Answer[] {
  const framed = of.flatMap((file) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(file.length);
    return [length, file];
  });
  const lines = execFileSync(
    PYTHON,
    [
      join(import.meta.dirname, 'read.py'),
      join(PROJECT, 'src/adapters/mlflow/pyfunc'),
      join(folder, 'rows.json'),
    ],
    { input: Buffer.concat(framed), maxBuffer: 2 ** 30, encoding: 'utf8' },
  );
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

describe('a broken file', () => {
  it(`is refused or scored in Python as it is here: ${FILES} files`, () => {
    const counts = { refused: 0, sameLine: 0, rowsRefused: 0, scored: 0 };
    let worst = 0;
    for (let first = 0; first < FILES; first += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, FILES - first) }, (_, i) => first + i);
      const broken = numbers.map((number) => brokenFile(sound, number));
      const answers = theirs(broken);
      expect(answers).toHaveLength(broken.length);
      broken.forEach((file, i) => {
        const expected = ours(file);
        const found = answers[i]!;
        const what = `file ${first + i}: ${JSON.stringify({ expected, found })}`;
        if ('file' in expected) {
          if (!('file' in found)) throw new Error(what);
          expect(found.file, what).toMatch(/^.+$/);
          counts.refused += 1;
          if (found.file === expected.file) counts.sameLine += 1;
        } else if ('rows' in expected) {
          if (!('rows' in found)) throw new Error(what);
          expect(found.rows, what).toMatch(/^.+$/);
          counts.rowsRefused += 1;
        } else {
          if (!Array.isArray(found) || found.length !== expected.length) throw new Error(what);
          expected.forEach((score, row) => {
            const difference = Math.abs(score - Number(found[row]));
            if (!(difference <= NEAR)) throw new Error(what);
            worst = Math.max(worst, difference);
          });
          counts.scored += 1;
        }
      });
    }
    process.stdout.write(
      `broken files in Python: ${FILES}, ${counts.refused} refused by both (${counts.sameLine} in the same words), ` +
        `${counts.rowsRefused} read but not their rows, ${counts.scored} scored at most ${worst.toExponential(1)} apart\n`,
    );
    expect(counts.scored).toBeGreaterThan(FILES / 50);
    // Where a file has two faults, either may be named.
    expect(counts.sameLine).toBeGreaterThan(0.9 * counts.refused);
  });
});

type Kind<Name> = Extract<Artifact['estimator'], { kind: Name }>;

/** A sound file's artifact without transforms, and its estimator with other parts. */
function forge<Name extends Artifact['estimator']['kind']>(
  name: Name,
  parts: (estimator: Kind<Name>) => Partial<Record<keyof Kind<Name>, unknown>>,
): Artifact {
  const { artifact } = files.find((f) => f.algorithm === name && f.transform === 'none')!;
  const estimator = artifact.estimator as Kind<Name>;
  return { ...artifact, estimator: { ...estimator, ...parts(estimator) } };
}

/** The same with other transforms in front: `columns` is what a logistic regression then reads. */
function withTransforms(...transforms: readonly unknown[]): Artifact {
  return { ...forge('logistic', () => ({})), transforms: transforms as readonly Transform[] };
}

/** A typed array with another number in one place. */
function withAt<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(
  array: T,
  at: number,
  value: number,
): T {
  const copy = array.slice() as T;
  copy[at] = value;
  return copy;
}

/** A chain of splits, each the left child of the one before, with leaves to close them. */
function chain(depth: number): Partial<Kind<'forest'>> {
  const leaves = new Uint16Array(depth + 1).fill(1);
  const split = new Uint8Array(2 * depth + 1).fill(1, 0, depth);
  return { trees: 1, split, bin: new Uint8Array(depth), cover: leaves, positives: leaves };
}

const edges = (of: Float64Array) => (estimator: { inputs: readonly unknown[] }) => ({
  inputs: [{ kind: 'bin', edges: of }, ...estimator.inputs.slice(1)],
});
const isotonic = (x: readonly number[], y: readonly number[]): Artifact => ({
  ...forge('forest', () => ({})),
  calibrator: { kind: 'isotonic', x: Float64Array.from(x), y: Float64Array.from(y) },
});
const product = (left: string, right: string): Transform => ({ kind: 'product', left, right });
const WIDE = Array.from({ length: 32_767 }, (_, i) => ({
  name: `x${i}`,
  kind: 'numeric' as const,
}));

const FORGED: readonly (readonly [line: string, artifact: Artifact])[] = [
  [
    "the artifact's estimator.positives is more than the cover at leaf 2",
    forge('forest', ({ positives, cover }) => ({
      positives: withAt(positives, 2, cover[2]! + 1),
    })),
  ],
  [
    "the artifact's estimator.cover is 0 at leaf 1",
    forge('forest', ({ cover }) => ({ cover: withAt(cover, 1, 0) })),
  ],
  ...[[-1, 1], [1, 1e13], [1], [1, 1, 1], ['1', 1], [true, 1]].map(
    (classWeights) =>
      [
        "the artifact's estimator.classWeights are not two numbers from 1e-12 to 1e12",
        forge('forest', () => ({ classWeights })),
      ] as const,
  ),
  [
    "the artifact's estimator.bin is 255 at split 1",
    forge('boosting', ({ bin }) => ({ bin: withAt(bin, 1, 255) })),
  ],
  [
    "the artifact's estimator.split has a feature out of range at node 0",
    forge('boosting', ({ split, inputs }) => ({
      split: withAt(split, 0, 2 * inputs.length + 1),
    })),
  ],
  [
    "the artifact's estimator.inputs[0] has edges that do not ascend",
    forge('boosting', edges(Float64Array.of(0, 1, 1))),
  ],
  [
    "the artifact's estimator.inputs[0] is not finite at 1",
    forge('boosting', edges(Float64Array.of(0, Number.NaN))),
  ],
  [
    "the artifact's estimator.inputs[0] has more than 254 edges",
    forge('boosting', edges(Float64Array.from({ length: 255 }, (_, i) => i))),
  ],
  [
    "the artifact's estimator.value is not finite at 0",
    forge('boosting', ({ value }) => ({ value: withAt(value, 0, Infinity) })),
  ],
  ['the trees are deeper than 64', forge('forest', () => chain(65))],
  [
    'the trees are fewer than the nodes',
    forge('forest', () => ({ ...chain(3), split: new Uint8Array(7) })),
  ],
  ['the trees end in the middle', forge('forest', () => ({ ...chain(3), trees: 2 }))],
  ['the trees are more than the nodes', forge('forest', () => ({ ...chain(3), trees: 9 }))],
  [
    "the artifact's estimator.trees is not a whole number from 1 to 100000",
    forge('forest', () => ({ trees: 1.5 })),
  ],
  [
    "the artifact's estimator.vote is neither 0 nor 1 somewhere",
    forge('ml-random-forest', ({ vote }) => ({ vote: withAt(vote, 0, 2) })),
  ],
  [
    "the artifact's estimator's input of 'first' has a scale that is not above 0",
    forge('logistic', ({ inputs }) => ({
      inputs: [{ ...inputs[0], scale: 0 }, ...inputs.slice(1)],
    })),
  ],
  ["the artifact's calibrator.x does not ascend in 0 to 1", isotonic([0.5, 0.5], [0, 1])],
  ["the artifact's calibrator.x does not ascend in 0 to 1", isotonic([0.5, 1.5], [0, 1])],
  ["the artifact's calibrator.y falls, or is not from 0 to 1", isotonic([0, 1], [1, 0])],
  ["the artifact's calibrator.y falls, or is not from 0 to 1", isotonic([0, 1], [0, 1.5])],
  [
    "the artifact's threshold is not from 0 to 1",
    { ...forge('forest', () => ({})), threshold: 1.5 },
  ],
  [
    "the artifact's transforms: feature 'place' is not numeric",
    withTransforms(product('first', 'place')),
  ],
  [
    "the artifact's transforms: feature 'place' is there twice",
    {
      ...withTransforms(),
      columns: [...withTransforms().columns, ...withTransforms().columns.slice(1, 2)],
    },
  ],
  [
    `the artifact's transforms: feature 'first${'*first'.repeat(127)}' makes a name of over 1000 characters`,
    withTransforms(
      ...Array.from({ length: 8 }, (_, i) => {
        const name = `first${'*first'.repeat(2 ** i - 1)}`;
        return product(name, name);
      }),
    ),
  ],
  [
    "the artifact's transforms: feature 'x0*x1' is one of over 32767",
    { ...withTransforms(product('x0', 'x1')), columns: WIDE },
  ],
  [
    "the artifact's transforms: feature '' is not among the selected, nor is another",
    withTransforms({ kind: 'select', features: [], scores: new Float64Array(5) }),
  ],
  [
    "the artifact's transforms: feature '' is not left, nor is another",
    {
      ...withTransforms({ kind: 'oneHot', feature: 'place', levels: [], missing: false }),
      columns: [{ name: 'place', kind: 'categorical', levels: ['a'] }],
    },
  ],
  [
    "the artifact's columns are not from 1 to 32767",
    { ...withTransforms(), columns: [...WIDE, { name: 'x', kind: 'numeric' }] },
  ],
];

describe('a forged file', () => {
  it('is refused by both in the same line', () => {
    const forged = FORGED.map(([, artifact]) => encodeArtifact(artifact));
    const expected = FORGED.map(([line]) => ({ file: line }));
    expect(forged.map(ours)).toEqual(expected);
    expect(theirs(forged)).toEqual(expected);
  });

  it('is read by both up to the limit, and rows that it can’t score are refused', () => {
    const deepest = encodeArtifact(forge('forest', () => chain(64)));
    const large = encodeArtifact(
      forge('logistic', ({ inputs }) => ({
        inputs: inputs.map((input) =>
          input.kind === 'standard'
            ? { ...input, scale: 5e-324, coefficient: 1e308, mean: 0 }
            : input,
        ),
      })),
    );
    expect([ours(deepest), ours(large)]).toEqual(
      theirs([deepest, large]).map((answer) =>
        'rows' in answer
          ? { rows: expect.stringMatching(/numbers too large to be scored$/) as string }
          : answer,
      ),
    );
    expect(ours(deepest)).toEqual(records.map(() => 1));
    expect(ours(large)).toHaveProperty('rows');
  });
});
