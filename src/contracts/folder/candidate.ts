/** What may be trained: algorithms with their settings, the transforms before and the calibration after them. */
import * as z from 'zod';
import { ColumnName } from './names.ts';

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

/** What is trained: an algorithm with its settings, the transforms before and the calibration after it. */
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
