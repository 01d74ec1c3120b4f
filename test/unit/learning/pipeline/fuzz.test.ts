/** Model files that somebody broke: refused with a reason, or read and scored as the plainest reader does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { LearningError } from '#learning/errors.ts';
import { ESTIMATOR_NAMES } from '#learning/pipeline/estimators.ts';
import { type RawRow, scorer } from '#learning/pipeline/scorer.ts';
import { brokenFile } from './broken-file.ts';
import { EVERY_TRANSFORM, everyFile, servedRecords } from './every-pipeline.ts';
import { plainScore } from './plain-score.ts';

const FILES = process.env['TITLEHOLDER_PROVE'] === '1' ? 100_000 : 2000;

const SCHEMA = join(import.meta.dirname, '../../../../docs/model-format.schema.json');
const allowed = new Ajv2020({ strictTypes: false }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')) as object,
);
const files = everyFile();
const sound = files.map(({ bytes }) => bytes);
const records = servedRecords(12);

describe('a file of every estimator and transform', () => {
  it('scores as the plainest reader of the format does', () => {
    expect(files).toHaveLength(ESTIMATOR_NAMES.length * Object.keys(EVERY_TRANSFORM).length);
    for (const { algorithm, transform, bytes } of files) {
      const { scoreRecord } = scorer(decodeArtifact(bytes));
      const scores = records.map(scoreRecord);
      expect(scores, `${algorithm} ${transform}`).toEqual(
        records.map((record) => plainScore(bytes, record)),
      );
      expect(new Set(scores).size, `${algorithm} ${transform}`).toBeGreaterThan(1);
    }
  });
});

/** What a file does: its scores, or the name of its refusal. Anything else is thrown on. */
function outcome(file: Uint8Array): number[] | string {
  try {
    const { scoreRecord } = scorer(decodeArtifact(file));
    return records.map(scoreRecord);
  } catch (error) {
    if (!(error instanceof LearningError)) throw error;
    return error.name;
  }
}

/** A record with every column that a broken file may ask for. */
function plainScores(file: Uint8Array): number[] {
  return records.map((record: RawRow) => plainScore(file, record));
}

describe('a broken file', () => {
  it(`is refused, or read and scored within 0 and 1: ${FILES} files`, {
    timeout: 1_800_000,
  }, () => {
    const counts = { refused: 0, rowRefused: 0, scored: 0 };
    let slowest = 0;
    for (let i = 0; i < FILES; i += 1) {
      const file = brokenFile(sound, i);
      const began = performance.now();
      let result: number[] | string;
      try {
        result = outcome(file);
      } catch (error) {
        throw new Error(`file ${i}`, { cause: error });
      }
      slowest = Math.max(slowest, performance.now() - began);
      if (typeof result === 'string') {
        if (result === 'ArtifactInvalid') counts.refused += 1;
        else {
          expect(result, `file ${i}`).toBe('RowInvalid');
          counts.rowRefused += 1;
        }
        continue;
      }
      counts.scored += 1;
      for (const score of result) {
        if (!(score >= 0 && score <= 1)) throw new Error(`file ${i} scores ${score}`);
      }
      // The plain reader throws where an index is outside its array.
      expect(result, `file ${i}`).toEqual(plainScores(file));
      const document: unknown = JSON.parse(new TextDecoder().decode(file));
      expect(allowed(document), `file ${i}: ${JSON.stringify(allowed.errors)}`).toBe(true);
    }
    console.log(
      `fuzz: ${FILES} files, ${counts.refused} refused, ${counts.rowRefused} read but not their rows, ${counts.scored} read and scored alike, slowest ${slowest.toFixed(0)} ms`,
    );
    expect(counts.refused).toBeGreaterThan(FILES / 3);
    expect(counts.scored).toBeGreaterThan(FILES / 50);
  });
});
