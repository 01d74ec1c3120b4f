/** Model files that somebody broke, through the engine's reader and through the Python loader. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LearningError } from '../../learning/errors.ts';
import { decodeArtifact } from '../../learning/pipeline/artifact.ts';
import { scorer } from '../../learning/pipeline/scorer.ts';
import { brokenFile } from '../unit/learning/broken-file.ts';
import { everyFile, servedRecords } from '../unit/learning/every-pipeline.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const PYTHON = join(PROJECT, '.local/venv-mlflow/bin/python');
const FILES = process.env['TITLEHOLDER_PROVE'] === '1' ? 100_000 : 600;
/** Files that one process reads: their bytes and answers are held together. */
const AT_ONCE = 5000;
/** The agreement that is promised. */
const NEAR = 1e-9;

const sound = everyFile().map(({ bytes }) => bytes);
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

function theirs(files: readonly Uint8Array[]): Answer[] {
  const framed = files.flatMap((file) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(file.length);
    return [length, file];
  });
  const lines = execFileSync(
    PYTHON,
    [join(import.meta.dirname, 'read.py'), join(PROJECT, 'python'), join(folder, 'rows.json')],
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
      const files = numbers.map((number) => brokenFile(sound, number));
      const answers = theirs(files);
      expect(answers).toHaveLength(files.length);
      files.forEach((file, i) => {
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
