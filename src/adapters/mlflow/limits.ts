/**
 * What MLflow would cut, drop or misread without a word is refused here, before it is sent.
 * Measured on 3.17.2: a numeric param is stored as "", a long value is cut, both with HTTP 200.
 */
import { TitleholderError } from '#domain/errors.ts';
import type { TrackingRun } from '#domain/ports/tracking.ts';

export const TAGS = {
  key: 'titleholder.key',
  model: 'titleholder.model',
  version: 'titleholder.version',
  sha256: 'titleholder.sha256',
  commit: 'titleholder.commit',
  /** The run's file names, a line each. */
  files: 'titleholder.files',
} as const;

/** Every recorded run must bear these. */
export const REQUIRED_TAGS = [
  'commit_sha',
  'stage',
  'dataset_window',
  'seed',
  'model_version',
] as const;

export const MAX_KEY_CHARACTERS = 250;
export const MAX_PARAM_CHARACTERS = 6_000;
export const MAX_TAG_CHARACTERS = 8_000;
const KEY = /^[A-Za-z0-9_\-. :/]+$/;

/** Parts of a run that MLflow keeps as they are. */
export interface Writable {
  readonly params: readonly { readonly key: string; readonly value: string }[];
  readonly metrics: readonly {
    readonly key: string;
    readonly value: number;
    readonly step: number;
  }[];
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

type Content = Partial<Pick<TrackingRun, 'params' | 'metrics' | 'curves'>> &
  Pick<TrackingRun, 'tags'>;

/**
 * The run's parts as MLflow takes them. Metrics that aren't finite are left out: MLflow stores them as
 * something else. Throws `TrackingRefused` for what would be cut, and for a missing required tag.
 */
export function writableOf(run: TrackingRun | Content): Writable {
  const whole = 'files' in run ? run : undefined;
  if (whole !== undefined) {
    const missing = REQUIRED_TAGS.filter((tag) => whole.tags[tag] === undefined);
    if (missing.length > 0) refuse(`the run ${whole.key} lacks the tags ${missing.join(', ')}`);
    for (const { path } of whole.files) {
      const parts = path.split('/');
      if (parts.some((p) => p === '' || p === '.' || p === '..'))
        refuse(`not a file path: ${path}`);
    }
  }
  const files =
    whole?.files
      .map((f) => f.path)
      .sort()
      .join('\n') ?? '';
  const tags = {
    ...run.tags,
    ...(whole === undefined ? {} : { [TAGS.key]: whole.key, [TAGS.model]: whole.model }),
    ...(files !== '' && files.length <= MAX_TAG_CHARACTERS ? { [TAGS.files]: files } : {}),
  };
  return {
    params: texts('param', run.params ?? {}, MAX_PARAM_CHARACTERS),
    tags: texts('tag', tags, MAX_TAG_CHARACTERS),
    metrics: [
      ...Object.entries(run.metrics ?? {}).map(([key, value]) => ({ key, value, step: 0 })),
      ...Object.entries(run.curves ?? {}).flatMap(([key, values]) =>
        values.map((value, step) => ({ key, value, step })),
      ),
    ]
      .filter(({ value }) => Number.isFinite(value))
      .map((metric) => ({ ...metric, key: checkedKey('metric', metric.key) })),
  };
}

function texts(what: string, pairs: Readonly<Record<string, string>>, limit: number) {
  return Object.entries(pairs).map(([key, value]) => {
    checkedKey(what, key);
    // Typed as a string, but a caller's JSON may have brought something else: then data is lost.
    if (typeof value !== 'string') refuse(`the ${what} ${key} is not a string`);
    if (value.length > limit) {
      refuse(`the ${what} ${key} has ${value.length} characters; MLflow would cut it at ${limit}`);
    }
    return { key, value };
  });
}

function checkedKey(what: string, key: string): string {
  if (!KEY.test(key) || key.length > MAX_KEY_CHARACTERS) {
    refuse(`not a name of a ${what} in MLflow: ${key.slice(0, 60)}`);
  }
  return key;
}

/** ISO 8601 to whole milliseconds: a fraction would make MLflow drop the batch and answer 200. */
export function millisOf(at: string): number {
  const millis = Math.trunc(Date.parse(at));
  if (Number.isNaN(millis)) refuse(`not a time: ${at}`);
  return millis;
}

/** A text for MLflow's filters, which have no escape for a quote. */
export function filterText(value: string): string {
  if (/['"`\\]/.test(value)) refuse('a quote can not be searched for in MLflow');
  return value;
}

function refuse(message: string): never {
  throw new TitleholderError('TrackingRefused', message);
}
