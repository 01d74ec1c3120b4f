/** The Python loader's memory follows neither the length nor the width of a table. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Artifact, encodeArtifact } from '#learning/pipeline/artifact.ts';
import type { Transform } from '#learning/pipeline/transforms.ts';
import { MANIFEST, PROVENANCE } from '../unit/learning/made-up-table.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const PYTHON = join(PROJECT, '.local/venv-mlflow/bin/python');
/** A table's cells take 400 MB as doubles. */
const COLUMNS = 1000;
const ROWS = 50_000;
const MOST = 64 * 2 ** 20;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loader-memory-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function numbers(count: number): Artifact['columns'] {
  return Array.from({ length: count }, (_, i) => ({ name: `x${i}`, kind: 'numeric' as const }));
}

function peakOf(columns: Artifact['columns'], rest: Partial<Artifact>): number {
  const path = join(folder, 'model.json');
  const artifact: Artifact = {
    format: 'titleholder-model',
    schemaVersion: 2,
    columns,
    transforms: [],
    estimator: {
      kind: 'logistic',
      inputs: columns.map(() => ({
        kind: 'standard',
        mean: 0,
        scale: 1,
        coefficient: 0.01,
        missing: 0,
      })),
      intercept: 0,
    },
    calibrator: null,
    threshold: 0.5,
    positive: 'yes',
    trainingManifest: MANIFEST,
    provenance: PROVENANCE,
    ...rest,
  };
  writeFileSync(path, encodeArtifact(artifact));
  const script = join(import.meta.dirname, 'memory.py');
  const printed = execFileSync(
    PYTHON,
    [script, join(PROJECT, 'src/adapters/mlflow/pyfunc'), path, String(ROWS)],
    {
      encoding: 'utf8',
    },
  );
  const { peak, rows } = JSON.parse(printed) as { peak: number; rows: number };
  expect(rows).toBe(ROWS);
  return peak;
}

describe('the Python loader', () => {
  it('holds little of a wide table at once', () => {
    const columns = numbers(COLUMNS);
    expect(peakOf(columns, {})).toBeLessThan(MOST);
    const votes = peakOf(columns, {
      estimator: {
        kind: 'ml-random-forest',
        inputs: columns.map(() => ({ kind: 'impute', value: 0 })),
        trees: 1,
        split: Uint16Array.of(1, 0, 0),
        value: Float64Array.of(0.5),
        vote: Uint8Array.of(0, 1),
      },
    });
    expect(votes).toBeLessThan(MOST);
  });

  it('counts the features that transforms make', () => {
    const products = Array.from(
      { length: COLUMNS },
      (_, i): Transform => ({ kind: 'product', left: 'x0', right: `x${i}` }),
    );
    const wide = numbers(COLUMNS);
    const kept: Transform = {
      kind: 'select',
      features: ['x0'],
      scores: new Float64Array(2 * COLUMNS),
    };
    const estimator: Artifact['estimator'] = {
      kind: 'logistic',
      inputs: [{ kind: 'standard', mean: 0, scale: 1, coefficient: 1, missing: 0 }],
      intercept: 0,
    };
    expect(peakOf(wide, { transforms: [...products, kept], estimator })).toBeLessThan(MOST);
  });
});
