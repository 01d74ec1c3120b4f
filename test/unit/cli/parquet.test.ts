import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { initFolder } from '../../../cli/local/init-folder.ts';
import { pack } from '../../../cli/local/pack.ts';
import { scoreFile } from '../../../cli/local/score-file.ts';
import { readCsv } from '#dataset/csv.ts';
import { csvOfTable } from '#dataset/parquet.ts';
import { sha256Hex } from '#domain/canonical.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { MANIFEST, PROVENANCE } from '../learning/made-up-table.ts';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures');
const CSV = join(FIXTURES, 'credit.csv');
const PARQUET = join(FIXTURES, 'parquet/credit.parquet');
const dir = mkdtempSync(join(tmpdir(), 'parquet-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const credit = (data: string, name: string) =>
  initFolder({ data, target: 'Status', positive: 'bad', name, dir });

describe('a Parquet table at the command line', () => {
  it('makes the same model folder as the CSV, and stays Parquet in it', async () => {
    const byCsv = await credit(CSV, 'by-csv');
    const byParquet = await credit(PARQUET, 'by-parquet');
    expect({ ...byParquet, folder: '' }).toEqual({ ...byCsv, folder: '' });
    const schemaOf = (folder: string): string => readFileSync(join(folder, 'schema.json'), 'utf8');
    expect(schemaOf(byParquet.folder)).toBe(schemaOf(byCsv.folder));

    const packed = await pack(byParquet.folder);
    const stored = readFileSync(PARQUET);
    expect(packed.data.file).toBe('data.parquet');
    // What is uploaded and hashed is the file itself.
    expect(packed.data.sha256).toBe(sha256Hex(stored));
    expect(readCsv(packed.data.csv, 'a')).toEqual(
      readCsv(await csvOfTable(stored, 'credit.parquet', { rules: null }), 'b'),
    );
    const { data } = await pack(byCsv.folder);
    expect(data.csv).toBe(data.bytes);
  });
});

describe('a file that is scored', () => {
  const artifact: Artifact = {
    format: 'titleholder-model',
    schemaVersion: 2,
    columns: [
      { name: 'n', kind: 'numeric' },
      { name: 'c', kind: 'categorical', levels: ['a', 'b'] },
    ],
    transforms: [],
    estimator: {
      kind: 'logistic',
      inputs: [
        { kind: 'standard', mean: 0, scale: 1, coefficient: 1, missing: 0.5 },
        { kind: 'levels', coefficients: Float64Array.of(-1, 2), missing: 3, unseen: -3 },
      ],
      intercept: 0,
    },
    calibrator: null,
    threshold: 0.5,
    positive: 'yes',
    trainingManifest: MANIFEST,
    provenance: PROVENANCE,
  };

  it('tells an unseen level from a missing one, as a record does', async () => {
    const table = new TextEncoder().encode('c,x,n\n b ,1,0\nnever,1,0\n,1,0\na,1,NA\n');
    const { csv } = await scoreFile(artifact, table, 'data.csv');
    const { rows } = readCsv(csv, 'scores');
    const { scoreRecord } = scorer(artifact);
    const expected = [
      { n: 0, c: 'b' },
      { n: 0, c: 'never' },
      { n: 0, c: null },
      { n: null, c: 'a' },
    ].map(scoreRecord);
    expect(rows.map((row) => Number(row[1]))).toEqual(expected);
    expect(new Set(expected).size).toBe(4);
    expect(rows.map((row) => row[2])).toEqual(['1', '0', '1', '0']);
  });
});
