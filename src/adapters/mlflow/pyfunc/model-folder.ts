/** The folder by which MLflow, and so Python, loads a model: `mlflow.pyfunc.load_model`. */
import { sha256Hex } from '#domain/canonical.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { LOADER, type LoaderPackage } from './loader-package.ts';

type ArtifactColumn = Artifact['columns'][number];

export interface ModelFolderFile {
  /** Within the folder, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

export interface ModelFolderInput {
  /** The artifact's bytes as they are stored; they go into the folder unchanged. */
  readonly bytes: Uint8Array;
  /** The same artifact, decoded. */
  readonly artifact: Artifact;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
  /** MLflow's ids, where they are known when the folder is written: a folder loads without them too. */
  readonly runId: string | null;
  readonly modelId: string | null;
}

/** The environment in which the folder is tested: localstack/mlflow-requirements.txt has the same. */
export const LOADER_REQUIREMENTS = ['mlflow==3.17.2', 'numpy==2.4.6', 'pandas==3.1.1'] as const;
const MLFLOW_VERSION = '3.17.2';
const PYTHON_VERSION = '3.12';

/**
 * The files of an MLflow model (measured with MLflow 3.17.2); the same input gives the same bytes.
 *
 * The signature wants every column of the artifact, of whatever type, and lets missing cells pass: a
 * missing cell is NaN or None, not an absent column. The input example is
 * made up from the columns' names and, where there are few, levels; no row of any table is in it.
 */
export function modelFolder(
  input: ModelFolderInput,
  loader: LoaderPackage = LOADER,
): readonly ModelFolderFile[] {
  const { artifact, bytes } = input;
  const example = exampleOf(artifact.columns);
  return [
    textFile('MLmodel', descriptorOf(input, loader.name), 'text/plain'),
    { path: 'model.json', bytes, contentType: 'application/json' },
    ...Object.entries(loader.sources).map(([name, python]) =>
      textFile(`code/${loader.name}/${name}`, python, 'text/plain'),
    ),
    textFile('input_example.json', jsonOf(example), 'application/json'),
    textFile(
      'serving_input_example.json',
      jsonOf({ dataframe_split: example }),
      'application/json',
    ),
    textFile('requirements.txt', lines(LOADER_REQUIREMENTS), 'text/plain'),
    textFile(
      'python_env.yaml',
      lines([
        `python: ${quote(PYTHON_VERSION)}`,
        'build_dependencies:',
        '- "pip"',
        'dependencies:',
        '- "-r requirements.txt"',
      ]),
      'text/plain',
    ),
  ];
}

function descriptorOf(
  { artifact, bytes, createdAt, runId, modelId }: ModelFolderInput,
  loader: string,
): string {
  const sha256 = sha256Hex(bytes);
  const optional = (name: string, value: string | null): string[] =>
    value === null ? [] : [`${name}: ${quote(value)}`];
  return lines([
    'artifact_path: "model"',
    'flavors:',
    '  python_function:',
    '    code: "code"',
    '    data: "model.json"',
    '    env:',
    '      virtualenv: "python_env.yaml"',
    `    loader_module: ${quote(loader)}`,
    `    python_version: ${quote(PYTHON_VERSION)}`,
    '    streamable: false',
    '  titleholder:',
    '    data: "model.json"',
    `    format: ${quote(artifact.format)}`,
    `    schema_version: ${artifact.schemaVersion}`,
    `    estimator: ${quote(artifact.estimator.kind)}`,
    `    sha256: ${quote(sha256)}`,
    `mlflow_version: ${quote(MLFLOW_VERSION)}`,
    ...optional('model_id', modelId),
    `model_size_bytes: ${bytes.length}`,
    // MLflow's own are random; the artifact's hash names the same thing and is the same every time.
    `model_uuid: ${quote(sha256.slice('sha256:'.length, 'sha256:'.length + 32))}`,
    ...optional('run_id', runId),
    'saved_input_example_info:',
    '  artifact_path: "input_example.json"',
    '  pandas_orient: "split"',
    '  serving_input_path: "serving_input_example.json"',
    '  type: "dataframe"',
    'signature:',
    `  inputs: ${quote(asciiJson(artifact.columns.map((column) => inputOf(column, artifact))))}`,
    `  outputs: ${quote(
      asciiJson([
        { type: 'double', name: 'probability', required: true },
        { type: 'string', name: 'label', required: true },
      ]),
    )}`,
    '  params: null',
    // MLflow writes Python's own form of a time, with microseconds.
    `utc_time_created: ${quote(createdAt.replace('T', ' ').replace('Z', '000'))}`,
  ]);
}

/**
 * MLflow refuses int64 for `double` and bool for `string`, and `read_csv` makes either of a column by what
 * else stands in it: the loader, which knows how cells are read, is to judge. Without rules for cells a
 * category's text counts to the letter, and True as a bool isn't the text any more.
 */
function inputOf({ name, kind }: ArtifactColumn, { read }: Artifact): object {
  const isText = kind === 'categorical' && read === undefined;
  return { type: isText ? 'string' : 'any', name, required: true };
}

/** Two rows: one with a value everywhere, one with none. */
function exampleOf(columns: readonly ArtifactColumn[]): object {
  return {
    columns: columns.map(({ name }) => name),
    data: [
      columns.map((column) => (column.kind === 'numeric' ? 1 : exampleLevel(column.levels))),
      columns.map(() => null),
    ],
  };
}

/** Of many levels one may be of a single person. */
const FEW_LEVELS = 50;

function exampleLevel(levels: readonly string[]): string {
  const [first = 'unseen'] = levels;
  return levels.length > FEW_LEVELS ? 'unseen' : first;
}

function jsonOf(value: object): string {
  return `${asciiJson(value)}\n`;
}

/** JSON in ASCII, for MLflow opens the examples in whatever encoding the machine prefers. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** An ASCII text as YAML: its double-quoted form takes JSON's escapes. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function lines(of: readonly string[]): string {
  return `${of.join('\n')}\n`;
}

function textFile(path: string, text: string, contentType: string): ModelFolderFile {
  return { path, bytes: new TextEncoder().encode(text), contentType };
}
