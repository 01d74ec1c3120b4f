/**
 * The three documents of a model folder: `model.json`, `schema.json`, `policy.json`.
 *
 * Strict: an unknown field is refused with its path, so that a misspelt limit can't be silently off.
 */
import * as z from 'zod';
import { GatePolicy } from '#gates/policy.ts';

export const ModelName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,29}$/,
    'a model name is a lower-case letter, then up to 29 of a-z, 0-9, -',
  );
export const Sha256 = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'a hash is sha256: and 64 hex digits');
export const CommitSha = z.string().regex(/^[0-9a-f]{40}$/, 'a commit is 40 hex digits');
export const Timestamp = z.iso.datetime({ precision: 3 });
/** Characters: a whole question of a survey goes in. */
export const MAX_COLUMN_NAME = 256;
const ColumnName = z.string().min(1).max(MAX_COLUMN_NAME);

/** Of a folder, and of one attempt of a retuning. */
export const MAX_CANDIDATES = 12;
const MAX_VALUES = 50;

export const CandidateName = z.string().regex(/^[a-z0-9-]{1,40}$/);

const share = z.number().gt(0).max(1);
const whole = (low: number, high: number) => z.int().min(low).max(high);
/** Of a forest, ours or the library's. */
const trees = {
  trees: whole(1, 1000).default(100),
  maxDepth: whole(1, 40).default(15),
  minLeaf: whole(1, 100_000).default(3),
  featuresPerSplit: z.union([z.enum(['sqrt', 'all']), z.int().min(1)]).default('sqrt'),
};
/** Train on so many rows, drawn without replacement. */
const sampleRows = whole(2, 2 ** 26).optional();
/** balanced: each class weighs the same; a number: what a row of the positive class weighs. */
const classWeight = z.union([z.literal('balanced'), z.number().gt(0)]).optional();

/** The settings of each algorithm; one that is left out and has no default here has the engine's. */
const SETTINGS = {
  forest: z.strictObject({ ...trees, classWeight, sampleRows }),
  boosting: z.strictObject({
    rounds: whole(1, 10_000).optional(),
    leaves: whole(2, 1024).optional(),
    maxDepth: whole(1, 40).optional(),
    learningRate: share.optional(),
    minLeaf: whole(1, 100_000).optional(),
    l2: z.number().min(0).optional(),
    rowShare: share.optional(),
    columnShare: share.optional(),
    earlyStoppingRounds: whole(0, 10_000).optional(),
    sampleRows,
  }),
  logistic: z.strictObject({
    l2: z.number().min(1e-12).max(1e12).optional(),
    classWeight,
    sampleRows,
  }),
  'ml-random-forest': z.strictObject({ ...trees, sampleRows }),
};
export type Algorithm = keyof typeof SETTINGS;
export const ALGORITHMS = ['forest', 'boosting', 'logistic', 'ml-random-forest'] as const;

const columns = z.array(ColumnName).min(1).max(500).optional();
/** What is done to the columns before the estimator; fitted on training rows only. */
const TransformSpec = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('impute'),
      columns,
      with: z.enum(['median', 'mean', 'most-frequent']),
    }),
    z.strictObject({
      kind: z.literal('encode'),
      columns,
      as: z.enum(['one-hot', 'ordinal', 'frequency']),
    }),
    z.strictObject({
      kind: z.literal('interact'),
      pairs: z
        .array(z.tuple([z.string(), z.string()]))
        .min(1)
        .max(100),
      as: z.enum(['product', 'ratio', 'cross']),
    }),
    z.strictObject({ kind: z.literal('select'), best: whole(1, 10_000) }),
  ])
  .meta({ id: 'transform' });

const stations = {
  transforms: z.array(TransformSpec).max(20).optional(),
  /** Of the scores, on held-out folds of the training rows. */
  calibration: z.enum(['none', 'sigmoid', 'isotonic']).optional(),
};

const trained = <A extends Algorithm, S extends z.ZodType>(algorithm: A, settings: S) =>
  z.strictObject({
    name: CandidateName,
    algorithm: z.literal(algorithm),
    settings,
    ...stations,
  });

/** What is trained: an algorithm with its settings, and what stands before and behind it. */
export const Candidate = z.discriminatedUnion('algorithm', [
  trained('forest', SETTINGS.forest.prefault({})),
  trained('boosting', SETTINGS.boosting.prefault({})),
  trained('logistic', SETTINGS.logistic.prefault({})),
  trained('ml-random-forest', SETTINGS['ml-random-forest'].prefault({})),
]);
export type Candidate = z.infer<typeof Candidate>;

/** Each setting with the values to try. */
const values = (settings: z.ZodObject) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(settings.shape).map(([name, value]) => [
        name,
        z
          .array(z.pipe(value, z.union([z.number(), z.string()])))
          .min(1)
          .max(MAX_VALUES)
          .optional(),
      ]),
    ),
  );

const searched = <A extends Algorithm>(algorithm: A) =>
  z.strictObject({
    algorithm: z.literal(algorithm),
    settings: values(SETTINGS[algorithm]),
    ...stations,
  });

/** Where a retuning looks: every combination of the settings' values is a point. */
export const SearchSpace = z
  .discriminatedUnion('algorithm', [
    searched('forest'),
    searched('boosting'),
    searched('logistic'),
    searched('ml-random-forest'),
  ])
  .refine(
    ({ settings }) =>
      Object.values(settings).reduce((points, values) => points * (values?.length ?? 1), 1) <=
      2 ** 32,
    'a space has at most 2^32 points',
  );
export type SearchSpace = z.infer<typeof SearchSpace>;

/** What a user edits to bring his own table. All but `candidates` and `space` belongs to the charter. */
export const ModelDocument = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  name: ModelName,
  title: z.string().min(1).max(120),
  target: ColumnName,
  /** The value of the target that counts as 1. */
  positive: z.string().min(1),
  /** Who a row is: its group if declared, else its key, else itself where `row` says so, else all feature columns. */
  identity: z.strictObject({
    group: z.array(ColumnName).min(1).optional(),
    key: z.array(ColumnName).min(1).optional(),
    /** Each row is its own, equal rows too: people who are alike. */
    row: z.literal(true).optional(),
    time: ColumnName.optional(),
  }),
  data: z.union([
    z.strictObject({ path: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.(?:csv|parquet)$/) }),
    z.strictObject({
      generator: z.literal('claims'),
      rows: z.int().min(200).max(1_000_000),
      seed: z.int().min(0),
    }),
  ]),
  split: z.strictObject({
    holdout: z.number().min(0.05).max(0.5).default(0.2),
    epoch: z.int().min(1).default(1),
  }),
  plan: z.strictObject({
    primaryMetric: z.literal('auc'),
    alpha: z.number().gt(0).lt(0.5).default(0.05),
    margin: z.number().min(0).max(0.5).default(0.01),
    replicates: z.int().min(200).max(20_000).default(2000),
    folds: z.int().min(2).max(20).default(3),
    /** How often the training rows are folded anew; absent: once. Few rows need more. */
    repeats: z.int().min(1).max(10).optional(),
    threshold: z
      .union([z.number().min(0).max(1), z.enum(['max-f1', 'max-accuracy', 'youden'])])
      .default('max-accuracy'),
    /** The share of rows, those of the highest scores, whose precision is `precisionAtK`. */
    k: z.number().gt(0).max(1).default(0.1),
  }),
  /** The run's master seed; 0 is a seed. */
  seed: z.int().min(0).max(4_294_967_295),
  quick: z.strictObject({
    rows: z.int().min(200).max(100_000).default(1000),
    trees: z.int().min(1).max(100).default(10),
    maxDepth: z.int().min(1).max(40).default(5),
  }),
  candidates: z.array(Candidate).min(1).max(MAX_CANDIDATES),
  /** Where the policy's retuning looks further. */
  space: SearchSpace.optional(),
});
export type ModelDocument = z.infer<typeof ModelDocument>;

/** The data contract of one column. `role` says what the column is for. */
export const ColumnContract = z.strictObject({
  name: ColumnName,
  /**
   * boolean: true and false in any of their spellings. code: a category whose texts count to the letter,
   * so that 038.9 isn't 38.9. Both need `read`.
   */
  type: z.enum(['number', 'category', 'boolean', 'code', 'date', 'text']),
  role: z.enum(['feature', 'target', 'identity', 'time', 'ignored']),
  /** Never shown in reports. */
  sensitive: z.boolean().default(false),
  min: z.number().optional(),
  max: z.number().optional(),
  /** What may stand beside its numbers, such as %, € or kg; it says nothing of their size. Needs `read`. */
  unit: z
    .string()
    .regex(/^[^\d\s.,+-]{1,12}$/, 'a unit is up to 12 characters without digits, spaces and .,+-')
    .optional(),
  /** Allowed values of a category; absent: any. */
  values: z.array(z.string()).optional(),
  /** Share of missing cells that the gate allows; absent: 0.05. */
  maxMissing: z.number().min(0).max(0.6).optional(),
});
export type ColumnContract = z.infer<typeof ColumnContract>;

/**
 * How the table's cells are written, and with them those of requests and batches (docs/cells.md). Absent,
 * as in folders from before it: commas, decimal points, exactly six words for missing, and every other
 * spelling a text of its own.
 */
const TableReading = z.strictObject({
  separator: z.enum([',', ';', '\t', '|']).default(','),
  decimal: z.enum(['.', ',']).default('.'),
  /** Words for missing beside the standard ones; -999 stands for the number. */
  missing: z.array(z.string().trim().min(1).max(64)).max(50).default([]),
});

export const SchemaDocument = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  read: TableReading.optional(),
  columns: z.array(ColumnContract).min(2),
  /** What happens when a soft limit (missing share, range, categories, duplicates) is passed. */
  mode: z.enum(['warn', 'enforce']).default('warn'),
  minRows: z.int().min(200).default(200),
  minPerClass: z.int().min(20).default(20),
});
export type SchemaDocument = z.infer<typeof SchemaDocument>;

/** Limits only: what is measured is the plan's, what may pass is said here. */
export const PolicyDocument = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  /** low: a `promote` goes on without a person. */
  tier: z.enum(['low', 'standard']),
  gates: z.array(GatePolicy),
  /** How far a retuning may go, for gates whose `onFail` is retune. */
  retune: z
    .strictObject({
      attempts: whole(1, 10),
      candidatesPerAttempt: whole(1, MAX_CANDIDATES),
    })
    .optional(),
  approval: z.strictObject({
    required: z.int().min(1).max(5).default(1),
    timeoutHours: z
      .number()
      .gt(0)
      .max(24 * 30)
      .default(24),
  }),
  /** A later commit while this one only waits for a person: wait in the queue, or supersede it. */
  queue: z.enum(['wait', 'supersede']).default('wait'),
  /** Hold after CI until somebody continues. */
  holdBeforeCd: z.boolean().default(false),
});
export type PolicyDocument = z.infer<typeof PolicyDocument>;

/**
 * By what a run is judged: the policy, the schema and the model without what is trained.
 * Its hash is `sha256Hex(canonicalJson(charter))`.
 */
export const Charter = z.strictObject({
  model: ModelDocument.omit({ candidates: true, space: true, $schema: true }),
  schema: SchemaDocument.omit({ $schema: true }),
  policy: PolicyDocument.omit({ $schema: true }),
});
export type Charter = z.infer<typeof Charter>;

export interface Folder {
  readonly model: ModelDocument;
  readonly schema: SchemaDocument;
  readonly policy: PolicyDocument;
}

export function charterOf(folder: Folder): Charter {
  const { candidates: _candidates, space: _space, $schema: _m, ...model } = folder.model;
  const { $schema: _s, ...schema } = folder.schema;
  const { $schema: _p, ...policy } = folder.policy;
  return { model, schema, policy };
}

/** What `commit` uploads: the folder's files (data apart), in a canonical JSON document. */
export const Bundle = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  /** Path in the folder → text. */
  files: z.record(
    z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
        'of a packed file begins with A-Z a-z 0-9, then . _ - and / too',
      ),
    z.string(),
  ),
});
export type Bundle = z.infer<typeof Bundle>;

/** What `commit` found before it sent anything: made by the tool, bound to one bundle. */
export const CiReport = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  commit: CommitSha,
  bundle: Sha256,
  data: Sha256,
  submitter: z.string(),
  /** E-mail addresses of the authors of the commit's range. */
  authors: z.array(z.string()).max(200),
  tools: z.record(z.string(), z.string()),
  /** JUnit XML of lint, schema check, a 1,000-row try and the folder's own `ci` command. */
  junit: z.string(),
  /** Digest over all the fields above, so that an edited report is refused. */
  digest: Sha256,
});
export type CiReport = z.infer<typeof CiReport>;
