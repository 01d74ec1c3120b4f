/**
 * The model artifact: one file is the whole pipeline, from cells to probability.
 *
 * RFC 8785 canonical JSON, UTF-8; typed arrays are base64 of little-endian numbers. The same training
 * gives the same bytes. Nothing in it is a pointer or code.
 */
import canonicalize from 'canonicalize';
import { fromBase64, toBase64 } from './base64.ts';
import { LearningError } from './errors.ts';
import type { Forest } from './forest.ts';
import type { VotingForest } from './ml-random-forest.ts';
import { unroll } from './preorder.ts';

export type ArtifactColumn =
  | { readonly name: string; readonly kind: 'numeric' }
  | { readonly name: string; readonly kind: 'categorical'; readonly levels: readonly string[] };

/** How a column's cell becomes what the estimator reads; one a column, in the columns' order. */
export type Transform =
  /** A number to the count of edges below it; missing to 255. */
  | { readonly kind: 'bin'; readonly column: string; readonly edges: Float64Array }
  /** A level to its bin; missing and a level unseen in training to 255. */
  | { readonly kind: 'order'; readonly column: string; readonly binOfLevel: Uint8Array }
  /** Missing to a number, the training median. */
  | { readonly kind: 'impute'; readonly column: string; readonly value: number }
  /** A level to its index; missing and a level unseen in training to `value`, the median index. */
  | { readonly kind: 'ordinal'; readonly column: string; readonly value: number };

export type Estimator =
  | ({ readonly kind: 'forest' } & Forest)
  | ({ readonly kind: 'ml-random-forest' } & VotingForest);

/** Where a model came from; null where there was none (a `fit` of a folder that was never committed). */
export interface Provenance {
  readonly model: string;
  readonly commit: string | null;
  readonly bundle: string | null;
  readonly data: string;
  readonly code: string;
  readonly seed: number;
  readonly asOf: string | null;
  readonly stage: 'quick' | 'full';
  readonly candidate: string;
}

export interface Artifact {
  readonly format: 'titleholder-model';
  readonly schemaVersion: 1;
  readonly columns: readonly ArtifactColumn[];
  /** Further columns of the table that it was fitted on: a row may bear them, nothing reads them. */
  readonly otherColumns?: readonly string[];
  readonly transforms: readonly Transform[];
  readonly estimator: Estimator;
  readonly calibrator: null;
  /** A probability from here on (≥) is the positive class; 0 to 1. */
  readonly threshold: number;
  /** The value of the target that counts as 1. */
  readonly positive: string;
  /** `sha256:<64 hex>` of the list of rows that trained it. */
  readonly trainingManifest: string;
  readonly provenance: Provenance;
}

type Packed = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function pack(array: Packed): { type: string; length: number; data: string } {
  const type =
    array instanceof Uint8Array
      ? 'u8'
      : array instanceof Uint16Array
        ? 'u16'
        : array instanceof Uint32Array
          ? 'u32'
          : 'f64';
  const data = toBase64(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return { type, length: array.length, data };
}

function packTransform(transform: Transform): object {
  switch (transform.kind) {
    case 'bin':
      return { ...transform, edges: pack(transform.edges) };
    case 'order':
      return { ...transform, binOfLevel: pack(transform.binOfLevel) };
    case 'impute':
    case 'ordinal':
      return transform;
  }
}

function packEstimator(estimator: Estimator): object {
  switch (estimator.kind) {
    case 'forest':
      return {
        kind: estimator.kind,
        trees: estimator.trees,
        features: estimator.features,
        split: pack(estimator.split),
        bin: pack(estimator.bin),
        cover: pack(estimator.cover),
        positives: pack(estimator.positives),
      };
    case 'ml-random-forest':
      return {
        kind: estimator.kind,
        trees: estimator.trees,
        features: estimator.features,
        split: pack(estimator.split),
        value: pack(estimator.value),
        vote: pack(estimator.vote),
      };
  }
}

/** The bytes of an artifact, the same for the same artifact everywhere. */
export function encodeArtifact(artifact: Artifact): Uint8Array<ArrayBuffer> {
  const text = canonicalize({
    ...artifact,
    transforms: artifact.transforms.map(packTransform),
    estimator: packEstimator(artifact.estimator),
  });
  if (text === undefined)
    throw new LearningError('ArtifactInvalid', 'the artifact has no JSON form');
  return new TextEncoder().encode(text);
}

/**
 * The artifact in bytes that nobody vouches for.
 *
 * Throws `ArtifactInvalid`, saying which part is wrong: not UTF-8 JSON, another format or version, an
 * unknown or missing field, a size that doesn't fit, an index out of range, a tree that isn't one or is
 * deeper than 64. Time and memory are linear in the bytes.
 */
export function decodeArtifact(bytes: Uint8Array): Artifact {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return refuse('file', 'is not JSON in UTF-8');
  }
  const hasOthers = isObject(parsed) && Object.hasOwn(parsed, 'otherColumns');
  const root = fields(parsed, 'file', hasOthers ? [...ROOT, 'otherColumns'] : ROOT);
  if (root['format'] !== 'titleholder-model') refuse('format', 'is not titleholder-model');
  if (root['schemaVersion'] !== 1) refuse('schemaVersion', 'is not 1, the only one known here');
  if (root['calibrator'] !== null) refuse('calibrator', 'is not null');
  const columns = list(root['columns'], 'columns').map(readColumn);
  if (columns.length === 0) refuse('columns', 'is empty');
  if (new Set(columns.map((column) => column.name)).size !== columns.length) {
    refuse('columns', 'has a name twice');
  }
  const otherColumns = hasOthers
    ? list(root['otherColumns'], 'otherColumns').map((name) => text(name, 'otherColumns'))
    : undefined;
  const written = list(root['transforms'], 'transforms');
  if (written.length !== columns.length) refuse('transforms', 'has not one entry a column');
  const transforms = columns.map((column, i) => readTransform(written[i], column));
  const estimator = readEstimator(root['estimator'], columns, transforms);
  const threshold = finite(root['threshold'], 'threshold');
  if (!(threshold >= 0 && threshold <= 1)) refuse('threshold', 'is not from 0 to 1');
  const trainingManifest = text(root['trainingManifest'], 'trainingManifest');
  if (!/^sha256:[0-9a-f]{64}$/.test(trainingManifest)) refuse('trainingManifest', 'is no SHA-256');
  return {
    format: 'titleholder-model',
    schemaVersion: 1,
    columns,
    ...(otherColumns && { otherColumns }),
    transforms,
    estimator,
    calibrator: null,
    threshold,
    positive: text(root['positive'], 'positive'),
    trainingManifest,
    provenance: readProvenance(root['provenance']),
  };
}

const ROOT = [
  'format',
  'schemaVersion',
  'columns',
  'transforms',
  'estimator',
  'calibrator',
  'threshold',
  'positive',
  'trainingManifest',
  'provenance',
];

function refuse(part: string, what: string): never {
  throw new LearningError('ArtifactInvalid', `the artifact's ${part} ${what}`, part);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object with exactly these fields. */
function fields(
  value: unknown,
  part: string,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  if (!isObject(value)) return refuse(part, 'is not an object');
  for (const name of names) if (!Object.hasOwn(value, name)) refuse(part, `lacks '${name}'`);
  if (Object.keys(value).length !== names.length) refuse(part, 'has an unknown field');
  return value;
}

function list(value: unknown, part: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(part, 'is not a list');
}

function text(value: unknown, part: string): string {
  return typeof value === 'string' && value.isWellFormed() ? value : refuse(part, 'is not a text');
}

function textOrNull(value: unknown, part: string): string | null {
  return value === null ? null : text(value, part);
}

function finite(value: unknown, part: string): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : refuse(part, 'is not a finite number');
}

function whole(value: unknown, part: string, low: number, high: number): number {
  const number = finite(value, part);
  if (!(Number.isInteger(number) && number >= low && number <= high)) {
    refuse(part, `is not a whole number from ${low} to ${high}`);
  }
  return number;
}

const WIDTH: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, f64: 8 };

function unpack(value: unknown, part: string, allowed: readonly string[]): Packed {
  const packed = fields(value, part, ['type', 'length', 'data']);
  const type = text(packed['type'], part);
  const width = allowed.includes(type) ? (WIDTH[type] ?? 0) : refuse(part, 'has another type');
  const length = whole(packed['length'], part, 0, 2 ** 31 - 1);
  const data = text(packed['data'], part);
  // Before anything is allocated: a short text can't ask for a long array.
  if (data.length !== Math.ceil((length * width) / 3) * 4) refuse(part, 'has another length');
  const bytes = fromBase64(data);
  if (bytes?.length !== length * width) return refuse(part, 'is no base64 of its length');
  switch (type) {
    case 'u8':
      return bytes;
    case 'u16':
      return new Uint16Array(bytes.buffer);
    case 'u32':
      return new Uint32Array(bytes.buffer);
    default:
      return new Float64Array(bytes.buffer);
  }
}

function bytesOf(value: unknown, part: string): Uint8Array {
  const array = unpack(value, part, ['u8']);
  return array instanceof Uint8Array ? array : refuse(part, 'has another type');
}

function doublesOf(value: unknown, part: string): Float64Array {
  const array = unpack(value, part, ['f64']);
  return array instanceof Float64Array ? array : refuse(part, 'has another type');
}

function codesOf(value: unknown, part: string): Uint8Array | Uint16Array {
  const array = unpack(value, part, ['u8', 'u16']);
  return array instanceof Uint8Array || array instanceof Uint16Array
    ? array
    : refuse(part, 'has another type');
}

function countsOf(value: unknown, part: string): Uint16Array | Uint32Array {
  const array = unpack(value, part, ['u16', 'u32']);
  return array instanceof Uint16Array || array instanceof Uint32Array
    ? array
    : refuse(part, 'has another type');
}

function readColumn(value: unknown, i: number): ArtifactColumn {
  const part = `columns[${i}]`;
  if (isObject(value) && value['kind'] === 'numeric') {
    const column = fields(value, part, ['name', 'kind']);
    return { name: text(column['name'], part), kind: 'numeric' };
  }
  const column = fields(value, part, ['name', 'kind', 'levels']);
  if (column['kind'] !== 'categorical') refuse(part, 'is neither numeric nor categorical');
  const levels = list(column['levels'], part).map((level) => text(level, part));
  if (new Set(levels).size !== levels.length) refuse(part, 'has a level twice');
  return { name: text(column['name'], part), kind: 'categorical', levels };
}

function readTransform(value: unknown, column: ArtifactColumn): Transform {
  const part = `transform of column '${column.name}'`;
  const kind = isObject(value) ? value['kind'] : refuse(part, 'is not an object');
  const payload = kind === 'bin' ? 'edges' : kind === 'order' ? 'binOfLevel' : 'value';
  const written = fields(value, part, ['kind', 'column', payload]);
  if (written['column'] !== column.name) refuse(part, 'names another column');
  const numeric = column.kind === 'numeric';
  if (kind === 'bin' && numeric) {
    const edges = doublesOf(written['edges'], part);
    if (edges.length > 254) refuse(part, 'has more than 254 edges');
    for (let i = 0; i < edges.length; i += 1) {
      const edge = edges[i] ?? Number.NaN;
      if (!Number.isFinite(edge) || (i > 0 && !(edge > (edges[i - 1] ?? Number.NaN)))) {
        refuse(part, 'has edges that are not finite and ascending');
      }
    }
    return { kind, column: column.name, edges };
  }
  if (kind === 'order' && !numeric) {
    const binOfLevel = bytesOf(written['binOfLevel'], part);
    if (binOfLevel.length !== column.levels.length) refuse(part, 'has not one bin a level');
    return { kind, column: column.name, binOfLevel };
  }
  if (kind === 'impute' && numeric) {
    return { kind, column: column.name, value: finite(written['value'], part) };
  }
  if (kind === 'ordinal' && !numeric) {
    return { kind, column: column.name, value: finite(written['value'], part) };
  }
  return refuse(part, `is of a kind that doesn't fit a ${column.kind} column`);
}

function readEstimator(
  value: unknown,
  columns: readonly ArtifactColumn[],
  transforms: readonly Transform[],
): Estimator {
  const part = 'estimator';
  const kind = isObject(value) ? value['kind'] : refuse(part, 'is not an object');
  const binned = kind === 'forest';
  if (!binned && kind !== 'ml-random-forest') return refuse(part, 'is of an unknown kind');
  for (const transform of transforms) {
    if ((transform.kind === 'bin' || transform.kind === 'order') !== binned) {
      refuse(part, `can't read what column '${transform.column}' is transformed to`);
    }
  }
  const payload = binned ? ['bin', 'cover', 'positives'] : ['value', 'vote'];
  const written = fields(value, part, ['kind', 'trees', 'features', 'split', ...payload]);
  const trees = whole(written['trees'], 'estimator.trees', 1, 100_000);
  const features = whole(written['features'], 'estimator.features', columns.length, columns.length);
  const split = codesOf(written['split'], 'estimator.split');
  const highest = binned ? 2 * features : features;
  let splits = 0;
  for (let node = 0; node < split.length; node += 1) {
    const code = split[node] ?? 0;
    if (code > highest) refuse('estimator.split', `has a feature out of range at node ${node}`);
    if (code > 0) splits += 1;
  }
  unroll(split, trees);
  const leaves = split.length - splits;

  if (binned) {
    const bin = bytesOf(written['bin'], 'estimator.bin');
    const cover = countsOf(written['cover'], 'estimator.cover');
    const positives = countsOf(written['positives'], 'estimator.positives');
    if (bin.length !== splits) refuse('estimator.bin', 'has not one entry a split');
    if (cover.length !== leaves) refuse('estimator.cover', 'has not one entry a leaf');
    if (positives.length !== leaves) refuse('estimator.positives', 'has not one entry a leaf');
    for (let i = 0; i < splits; i += 1) {
      // 255 is missing, which has a direction of its own.
      if (bin[i] === 255) refuse('estimator.bin', `is 255 at split ${i}`);
    }
    for (let leaf = 0; leaf < leaves; leaf += 1) {
      const n = cover[leaf] ?? 0;
      if (n === 0 || (positives[leaf] ?? 0) > n) {
        refuse('estimator.positives', `is no share of the cover at leaf ${leaf}`);
      }
    }
    return { kind: 'forest', trees, features, split, bin, cover, positives };
  }
  const values = doublesOf(written['value'], 'estimator.value');
  const vote = bytesOf(written['vote'], 'estimator.vote');
  if (values.length !== splits) refuse('estimator.value', 'has not one entry a split');
  if (vote.length !== leaves) refuse('estimator.vote', 'has not one entry a leaf');
  if (!values.every(Number.isFinite)) refuse('estimator.value', 'is not finite everywhere');
  if (!vote.every((one) => one <= 1)) refuse('estimator.vote', 'is neither 0 nor 1 somewhere');
  return { kind: 'ml-random-forest', trees, features, split, value: values, vote };
}

function readProvenance(value: unknown): Provenance {
  const part = 'provenance';
  const written = fields(value, part, [
    'model',
    'commit',
    'bundle',
    'data',
    'code',
    'seed',
    'asOf',
    'stage',
    'candidate',
  ]);
  const stage = written['stage'];
  if (stage !== 'quick' && stage !== 'full') return refuse(part, 'has another stage');
  return {
    model: text(written['model'], 'provenance.model'),
    commit: textOrNull(written['commit'], 'provenance.commit'),
    bundle: textOrNull(written['bundle'], 'provenance.bundle'),
    data: text(written['data'], 'provenance.data'),
    code: text(written['code'], 'provenance.code'),
    seed: whole(
      written['seed'],
      'provenance.seed',
      Number.MIN_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    ),
    asOf: textOrNull(written['asOf'], 'provenance.asOf'),
    stage,
    candidate: text(written['candidate'], 'provenance.candidate'),
  };
}
