/**
 * The model artifact: one file is the whole pipeline, from cells to probability.
 *
 * RFC 8785 canonical JSON, UTF-8; typed arrays are base64 of little-endian numbers. The same training
 * gives the same bytes. Nothing in it is a pointer or code. Every field: docs/model-format.md.
 */
import canonicalize from 'canonicalize';
import type { Calibrator } from './calibrate.ts';
import type { Feature } from './estimator-kind.ts';
import { type Estimator, estimatorKind } from './estimators.ts';
import {
  doublesOf,
  fieldsOf,
  finiteOf,
  kindOf,
  listOf,
  packArray,
  refusePart,
  textOf,
  wholeOf,
} from './packed.ts';
import { unpackReadRules } from './read-rules-file.ts';
import { packTransform, unpackTransform } from './transform-file.ts';
import { featuresAfter, type Transform } from './transforms.ts';
import type { ReadRules } from '#learning/cells.ts';
import { sha256Hex } from '#domain/canonical.ts';
import type { FitKind } from '#domain/fit-kind.ts';
import { LearningError } from '#learning/errors.ts';
import { MOST_FEATURES } from '#learning/table.ts';

/** Where a model came from; null where there was none (a `fit` of a folder that was never committed). */
export interface Provenance {
  readonly model: string;
  readonly commit: string | null;
  readonly bundle: string | null;
  readonly data: string;
  readonly code: string;
  readonly seed: number;
  readonly asOf: string | null;
  /** Called stage since the first artifacts: a written field. */
  readonly stage: FitKind;
  readonly candidate: string;
}

export interface Artifact {
  readonly format: 'titleholder-model';
  readonly schemaVersion: 2;
  /** What a row brings, by name; levels are those of the training rows. */
  readonly columns: readonly Feature[];
  /** Further columns of the table that it was fitted on: a row may bear them, nothing reads them. */
  readonly otherColumns?: readonly string[];
  /**
   * How cells are read; columns that aren't among `columns` have no part in it. Absent in artifacts from
   * before it, and of folders without `read`: cells are then read as they were.
   */
  readonly read?: ReadRules;
  readonly transforms: readonly Transform[];
  readonly estimator: Estimator;
  /** Null passes the score through. */
  readonly calibrator: Calibrator | null;
  /** A probability from here on (≥) is the positive class; 0 to 1. */
  readonly threshold: number;
  /** The value of the target that counts as 1. */
  readonly positive: string;
  /** The target's only other value; absent where it has several, and in artifacts from before it. */
  readonly negative?: string;
  /** `sha256:<64 hex>` of the list of rows that trained it. */
  readonly trainingManifest: string;
  readonly provenance: Provenance;
}

/** The target's value that a probability stands for; `not <positive>` where no one other value is known. */
export function labelOf(
  { positive, negative, threshold }: Pick<Artifact, 'positive' | 'negative' | 'threshold'>,
  probability: number,
): string {
  return probability >= threshold ? positive : (negative ?? `not ${positive}`);
}

/** The bytes of an artifact, the same for the same artifact everywhere. */
export function encodeArtifact(artifact: Artifact): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(textOfParts(artifact));
}

/**
 * `sha256:<64 hex>` of everything in an artifact but its provenance.
 *
 * The hash of the file names the commit and the moment too, so a folder that is committed again unchanged
 * gives another file. With the same hash here, two artifacts answer every row alike and were trained on
 * the same rows.
 */
export function modelHash({ provenance: _provenance, ...model }: Artifact): string {
  return sha256Hex(textOfParts(model));
}

/** Canonical JSON, with arrays packed. Throws `ArtifactInvalid`. */
function textOfParts(parts: Omit<Artifact, 'provenance'>): string {
  const { calibrator, estimator } = parts;
  const text = canonicalize({
    ...parts,
    transforms: parts.transforms.map(packTransform),
    estimator: estimatorKind(estimator.kind)?.pack(estimator),
    calibrator:
      calibrator?.kind === 'isotonic'
        ? { kind: calibrator.kind, x: packArray(calibrator.x), y: packArray(calibrator.y) }
        : calibrator,
  });
  if (text === undefined) {
    throw new LearningError('ArtifactInvalid', 'the artifact has no JSON form');
  }
  return text;
}

/**
 * The artifact in untrusted bytes.
 *
 * Throws `ArtifactInvalid`, saying which part is wrong: not UTF-8 JSON, another format or version, an
 * unknown or missing field, a size that doesn't fit, an index out of range, a number that isn't finite, a
 * transform of a feature that isn't there, a tree that isn't one or is deeper than 64. Time and memory
 * are linear in the bytes.
 */
export function decodeArtifact(bytes: Uint8Array): Artifact {
  const parsed = parse(bytes);
  const has = (name: string): boolean =>
    typeof parsed === 'object' && parsed !== null && Object.hasOwn(parsed, name);
  const optional = ['otherColumns', 'read', 'negative'].filter(has);
  const root = fieldsOf(parsed, 'file', [
    ...optional,
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
  ]);
  if (root['format'] !== 'titleholder-model') refusePart('format', 'is not titleholder-model');
  const version = root['schemaVersion'];
  if (version !== 2) {
    refusePart(
      'schemaVersion',
      `is ${typeof version === 'number' ? version : 'no number'}: only 2 is read here`,
    );
  }
  const columns = listOf(root['columns'], 'columns').map(readColumn);
  if (columns.length === 0 || columns.length > MOST_FEATURES) {
    refusePart('columns', `are not from 1 to ${MOST_FEATURES}`);
  }
  const otherColumns = has('otherColumns')
    ? listOf(root['otherColumns'], 'otherColumns').map((name) => textOf(name, 'otherColumns'))
    : undefined;
  const transforms = listOf(root['transforms'], 'transforms').map(unpackTransform);
  const features = featuresAfter(columns, transforms);
  const verbs = estimatorKind(kindOf(root['estimator'], 'estimator'));
  if (verbs === undefined) return refusePart('estimator', 'is of an unknown kind');
  const threshold = finiteOf(root['threshold'], 'threshold');
  if (!(threshold >= 0 && threshold <= 1)) refusePart('threshold', 'is not from 0 to 1');
  const trainingManifest = textOf(root['trainingManifest'], 'trainingManifest');
  if (!/^sha256:[0-9a-f]{64}$/.test(trainingManifest)) {
    refusePart('trainingManifest', 'is no SHA-256');
  }
  const positive = textOf(root['positive'], 'positive');
  const negative = has('negative') ? textOf(root['negative'], 'negative') : undefined;
  if (negative === positive) refusePart('negative', 'is the positive value');
  return {
    format: 'titleholder-model',
    schemaVersion: 2,
    columns,
    ...(otherColumns && { otherColumns }),
    ...(has('read') && { read: unpackReadRules(root['read'], columns) }),
    transforms,
    estimator: verbs.unpack(root['estimator'], features),
    calibrator: readCalibrator(root['calibrator']),
    threshold,
    positive,
    ...(negative !== undefined && { negative }),
    trainingManifest,
    provenance: readProvenance(root['provenance']),
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return refusePart('file', 'is not JSON in UTF-8');
  }
}

function readColumn(value: unknown, i: number): Feature {
  const part = `columns[${i}]`;
  const kind = kindOf(value, part);
  if (kind === 'numeric') {
    return { name: textOf(fieldsOf(value, part, ['name', 'kind'])['name'], part), kind };
  }
  if (kind !== 'categorical') return refusePart(part, 'is neither numeric nor categorical');
  const column = fieldsOf(value, part, ['name', 'kind', 'levels']);
  const levels = listOf(column['levels'], part).map((level) => textOf(level, part));
  if (new Set(levels).size !== levels.length) refusePart(part, 'has a level twice');
  return { name: textOf(column['name'], part), kind, levels };
}

function readCalibrator(value: unknown): Calibrator | null {
  if (value === null) return null;
  const part = 'calibrator';
  const kind = kindOf(value, part);
  if (kind === 'sigmoid') {
    const { slope, intercept } = fieldsOf(value, part, ['kind', 'slope', 'intercept']);
    return {
      kind,
      slope: finiteOf(slope, 'calibrator.slope'),
      intercept: finiteOf(intercept, 'calibrator.intercept'),
    };
  }
  if (kind !== 'isotonic') return refusePart(part, 'is of an unknown kind');
  const written = fieldsOf(value, part, ['kind', 'x', 'y']);
  const x = doublesOf(written['x'], 'calibrator.x');
  const y = doublesOf(written['y'], 'calibrator.y');
  if (x.length === 0 || x.length !== y.length) refusePart(part, 'has not one y an x');
  for (let i = 0; i < x.length; i += 1) {
    const [left, low] = i === 0 ? [-1, 0] : [x[i - 1] ?? 1, y[i - 1] ?? 1];
    const [at, up] = [x[i] ?? 2, y[i] ?? 2];
    if (!(at > left && at >= 0 && at <= 1)) refusePart('calibrator.x', 'does not ascend in 0 to 1');
    if (!(up >= low && up <= 1)) refusePart('calibrator.y', 'falls, or is not from 0 to 1');
  }
  return { kind, x, y };
}

function textOrNull(value: unknown, part: string): string | null {
  return value === null ? null : textOf(value, part);
}

function readProvenance(value: unknown): Provenance {
  const part = 'provenance';
  const written = fieldsOf(value, part, [
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
  if (stage !== 'quick' && stage !== 'full') return refusePart(part, 'has another stage');
  return {
    model: textOf(written['model'], 'provenance.model'),
    commit: textOrNull(written['commit'], 'provenance.commit'),
    bundle: textOrNull(written['bundle'], 'provenance.bundle'),
    data: textOf(written['data'], 'provenance.data'),
    code: textOf(written['code'], 'provenance.code'),
    seed: wholeOf(
      written['seed'],
      'provenance.seed',
      Number.MIN_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    ),
    asOf: textOrNull(written['asOf'], 'provenance.asOf'),
    stage,
    candidate: textOf(written['candidate'], 'provenance.candidate'),
  };
}
