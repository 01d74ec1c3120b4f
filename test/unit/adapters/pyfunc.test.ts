import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Artifact, encodeArtifact } from '#learning/pipeline/artifact.ts';
import { EMBEDDED, embed, readSources } from '#adapters/mlflow/pyfunc/embed.ts';
import { modelFolder } from '#adapters/mlflow/pyfunc/model-folder.ts';
import { LOADER_SOURCES } from '#adapters/mlflow/pyfunc/loader.generated.ts';
import { LOADER, loaderPackage } from '#adapters/mlflow/pyfunc/loader-package.ts';
import { MANIFEST, PROVENANCE } from '../learning/made-up-table.ts';

/** Names that YAML, JSON and Python's text files each have trouble with. */
const NAMES = ['été: "a" # b', '\u0085\u2028\u007f', '😀', "it's {n}", '- x'];

const ARTIFACT: Artifact = {
  format: 'titleholder-model',
  schemaVersion: 2,
  columns: [
    ...NAMES.map((name) => ({ name, kind: 'numeric' as const })),
    { name: 'place', kind: 'categorical', levels: ['日本', 'b'] },
  ],
  transforms: [{ kind: 'select', features: ['- x'], scores: new Float64Array(6) }],
  estimator: {
    kind: 'logistic',
    inputs: [{ kind: 'standard', mean: 0, scale: 1, coefficient: 1, missing: 0 }],
    intercept: 0,
  },
  calibrator: null,
  threshold: 0.5,
  positive: 'yes',
  trainingManifest: MANIFEST,
  provenance: PROVENANCE,
};
const BYTES = encodeArtifact(ARTIFACT);
const folder = (runId: string | null = null) =>
  modelFolder({
    bytes: BYTES,
    artifact: ARTIFACT,
    createdAt: '2026-01-02T03:04:05.678Z',
    runId,
    modelId: null,
  });
const textOf = (path: string, files = folder()): string =>
  new TextDecoder().decode(files.find((file) => file.path === path)?.bytes);

describe('the MLflow folder', () => {
  it('is the same bytes for the same model', () => {
    expect(folder()).toEqual(folder());
    expect(folder().map(({ path }) => path)).toEqual([
      'MLmodel',
      'model.json',
      ...Object.keys(LOADER_SOURCES).map((name) => `code/${LOADER.name}/${name}`),
      'input_example.json',
      'serving_input_example.json',
      'requirements.txt',
      'python_env.yaml',
    ]);
    expect(folder()[1]?.bytes).toBe(BYTES);
  });

  it('shows a level only where there are few, so that it is of no single person', () => {
    const exampleWith = (levels: readonly string[]): unknown => {
      const columns = [{ name: 'place', kind: 'categorical' as const, levels }];
      const artifact = { ...ARTIFACT, columns };
      const made = modelFolder({
        bytes: BYTES,
        artifact,
        createdAt: '2026-01-02T03:04:05.678Z',
        runId: null,
        modelId: null,
      });
      return JSON.parse(textOf('input_example.json', made));
    };
    const many = Array.from({ length: 51 }, (_, i) => `l${i}`);
    expect(exampleWith(many.slice(1))).toMatchObject({ data: [['l1'], [null]] });
    expect(exampleWith(many)).toMatchObject({ data: [['unseen'], [null]] });
  });

  it('names its run only where that is known', () => {
    expect(textOf('MLmodel')).not.toContain('run_id');
    expect(textOf('MLmodel', folder('f00'))).toContain('\nrun_id: "f00"\n');
  });

  it('writes every column’s name in ASCII, and it comes back out', () => {
    const descriptor = textOf('MLmodel');
    expect(descriptor).toMatch(/^[\n -~]+$/);
    const [, quoted = ''] = /^ {2}inputs: (".*")$/m.exec(descriptor) ?? [];
    // YAML's double-quoted text of ASCII is JSON's.
    const inputs = JSON.parse(JSON.parse(quoted) as string) as { name: string }[];
    expect(inputs.map(({ name }) => name)).toEqual([...NAMES, 'place']);
    expect(textOf('input_example.json')).toMatch(/^[\n -~]+$/);
    expect(JSON.parse(textOf('serving_input_example.json'))).toEqual({
      dataframe_split: {
        columns: [...NAMES, 'place'],
        data: [
          [1, 1, 1, 1, 1, '日本'],
          [null, null, null, null, null, null],
        ],
      },
    });
  });

  it('carries the Python package as it is in its folder', () => {
    const sources = readSources();
    expect(LOADER_SOURCES, 'run `node src/adapters/mlflow/pyfunc/embed.ts`').toEqual(sources);
    expect(readFileSync(EMBEDDED, 'utf8')).toBe(embed(sources));
    for (const [name, python] of Object.entries(sources)) {
      expect(textOf(`code/${LOADER.name}/${name}`)).toBe(python);
    }
    expect(textOf('MLmodel')).toContain(`\n    loader_module: "${LOADER.name}"\n`);
  });

  it('names another loader otherwise, and the same one alike', () => {
    const changed = { ...LOADER_SOURCES, 'cells.py': `${LOADER_SOURCES['cells.py']}\n` };
    expect(LOADER.name).toMatch(/^titleholder_model_[0-9a-f]{16}$/);
    expect(loaderPackage(changed).name).not.toBe(LOADER.name);
    expect(loaderPackage({ ...LOADER_SOURCES }).name).toBe(LOADER.name);
  });
});
