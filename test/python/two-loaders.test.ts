/** Models that were written by different versions of the project, in one Python process. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOADER_SOURCES } from '#adapters/mlflow/pyfunc/loader.generated.ts';
import {
  LOADER,
  type LoaderPackage,
  loaderPackage,
} from '#adapters/mlflow/pyfunc/loader-package.ts';
import { modelFolder } from '#adapters/mlflow/pyfunc/model-folder.ts';
import { type Artifact, encodeArtifact } from '#learning/pipeline/artifact.ts';
import { MANIFEST, PROVENANCE } from '../unit/learning/made-up-table.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const PYTHON = join(PROJECT, '.local/venv-mlflow/bin/python');
const ROW = { age: 50.5 };

/** A model whose answer is the logistic function of `coefficient`. */
function modelOf(coefficient: number): Artifact {
  return {
    format: 'titleholder-model',
    schemaVersion: 2,
    columns: [{ name: 'age', kind: 'numeric' }],
    transforms: [],
    estimator: {
      kind: 'logistic',
      inputs: [{ kind: 'standard', mean: 40.5, scale: 10, coefficient, missing: 0 }],
      intercept: 0,
    },
    calibrator: null,
    threshold: 0.5,
    positive: 'yes',
    negative: 'no',
    trainingManifest: MANIFEST,
    provenance: PROVENANCE,
  };
}

const probabilityOf = (coefficient: number): number => 1 / (1 + Math.exp(-coefficient));

/** A loader that answers with the other class's probability: another version of one module. */
const OTHER = loaderPackage({
  ...LOADER_SOURCES,
  'calibration.py': LOADER_SOURCES['calibration.py']!.replace(
    'return lambda scores: scores',
    'return lambda scores: 1 - scores',
  ),
});
/** As the project wrote it while its loader had one name: all versions were `titleholder_model`. */
const UNNUMBERED: LoaderPackage = {
  name: 'titleholder_model',
  sources: {
    ...OTHER.sources,
    // Its labels were 1 and 0.
    'model.py': LOADER_SOURCES['model.py']!.replace('label = values[', 'label = np.array([0, 1])['),
  },
};

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'two-loaders-'));
  writeFileSync(join(root, 'row.json'), JSON.stringify(ROW));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Probability and label a model, of all loaded before the first of them scores. */
function scoredTogether(models: readonly (readonly [LoaderPackage, number])[]): [number, string][] {
  const folders = models.map(([loader, coefficient], i) => {
    const folder = join(root, `model-${i}`);
    const artifact = modelOf(coefficient);
    const bytes = encodeArtifact(artifact);
    const createdAt = '2026-03-01T12:34:56.789Z';
    const input = { bytes, artifact, createdAt, runId: null, modelId: null };
    for (const file of modelFolder(input, loader)) {
      const path = join(folder, file.path);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file.bytes);
    }
    return folder;
  });
  const script = join(import.meta.dirname, 'load_together.py');
  const printed = execFileSync(PYTHON, [script, join(root, 'row.json'), ...folders], {
    encoding: 'utf8',
    env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' },
  });
  return JSON.parse(printed) as [number, string][];
}

describe('models in one Python process', () => {
  it('are read each by the loader of its own folder, whichever was loaded first', () => {
    const one = [LOADER, 0.7] as const;
    const other = [OTHER, -1.3] as const;
    const old = [UNNUMBERED, 2.1] as const;
    const again = [LOADER, 0.2] as const;
    const expected: (readonly [number, string])[] = [
      [probabilityOf(0.7), 'yes'],
      [1 - probabilityOf(-1.3), 'yes'],
      [1 - probabilityOf(2.1), '0'],
      [probabilityOf(0.2), 'yes'],
    ];
    const near = (
      found: readonly (readonly [number, string])[],
      wanted: readonly (readonly [number, string])[],
    ): void => {
      expect(found.map(([, label]) => label)).toEqual(wanted.map(([, label]) => label));
      found.forEach(([probability], i) => expect(probability).toBeCloseTo(wanted[i]![0], 12));
    };
    near(scoredTogether([one, other, old, again]), expected);
    near(scoredTogether([again, old, other, one]), [...expected].reverse());
  });
});
