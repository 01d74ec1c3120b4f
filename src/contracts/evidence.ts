/**
 * The evidence, as its writer writes it, its readers read it and the API answers it: `measured`, on which
 * a verdict rests, and `timings` beside it.
 */
import * as z from 'zod';
import { Measurable, MeasurePlan, ModelMetrics } from '#gates/judged.ts';
import { checks } from '#gates/holdout-unseen.ts';
import { importance } from '#gates/importance.ts';
import { Measurements } from '#gates/measurements.ts';
import { paired } from '#gates/paired.ts';
import { Sha256 } from './folder/names.ts';
import { parseJson } from './parse.ts';

/** Where the evidence comes from; null where there is none (`try` knows no commit). */
const SOURCE = {
  model: z.string(),
  commit: z.union([z.string(), z.null()]),
  bundle: z.union([Sha256, z.null()]),
  charter: Sha256,
  code: z.string(),
  data: z.object({ training: Sha256, holdout: Sha256 }),
  seeds: z.object({ master: z.number() }),
  asOf: z.union([z.string(), z.null()]),
};
export type EvidenceSource = Pick<Measured, keyof typeof SOURCE>;

/** What every version has. */
const COMMON = {
  ...SOURCE,
  plan: MeasurePlan,
  /** Of the holdout. */
  rows: z.object({ total: z.number(), positive: z.number(), groups: z.number() }),
  challenger: ModelMetrics.extend({ sha256: Sha256 }),
  champion: z.union([z.null(), ModelMetrics.extend({ version: z.int(), sha256: Sha256 })]),
  baselines: z.array(ModelMetrics.extend({ name: z.string() })),
  /** Hash of the bytes that `scoresDocument` gives for the same input. */
  scores: Sha256,
};

export const Measured = z.object({
  schemaVersion: z.literal(2),
  ...COMMON,
  measurements: Measurements,
});
export type Measured = z.infer<typeof Measured>;

/** Written before there were measurements by kind. */
const MeasuredVersion1 = z.object({
  schemaVersion: z.literal(1),
  ...COMMON,
  paired: paired.schema,
  importance: z.union([z.null(), importance.schema]).default(null),
  checks: checks.schema,
});

const MeasuredOfAnyVersion = z.discriminatedUnion('schemaVersion', [Measured, MeasuredVersion1]);

/** How fast and how large a model is; read on the machine that happened to evaluate. */
const ModelTimings = z.object({
  sha256: z.string(),
  artifactBytes: z.number(),
  /** One row at a time, in microseconds. */
  p50Micros: z.number(),
  p99Micros: z.number(),
  /** The whole table at once. */
  rowsPerSecond: z.number(),
});
export type ModelTimings = z.infer<typeof ModelTimings>;

/** Not reproducible, so never part of `measured`. */
export const Timings = z.object({
  schemaVersion: z.literal(1),
  model: z.string(),
  challenger: ModelTimings,
  champion: z.union([z.null(), ModelTimings]),
  /** Challenger over champion; null without a champion, a ratio null where the clock saw nothing pass. */
  ratios: z.union([
    z.null(),
    z.object({
      p50: Measurable,
      p99: Measurable,
      rowsPerSecond: Measurable,
      artifactBytes: z.number(),
    }),
  ]),
  /** What timing took. */
  seconds: z.number(),
});
export type Timings = z.infer<typeof Timings>;

/** Evidence of any version, in the shape of today. Throws `BadInput` where the bytes are none. */
export function readMeasured(bytes: Uint8Array): Measured {
  const read = parseJson(MeasuredOfAnyVersion, bytes, 'the measured evidence');
  if (read.schemaVersion === 2) return read;
  const { paired, importance, checks, ...common } = read;
  return {
    ...common,
    schemaVersion: 2,
    measurements: { paired, checks, ...(importance === null ? {} : { importance }) },
  };
}

/** Throws `BadInput` where the bytes are no timings. */
export function readTimings(bytes: Uint8Array): Timings {
  return parseJson(Timings, bytes, 'the timings');
}
