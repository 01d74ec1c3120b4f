/** What a child process is asked, and what it answers: the same for every engine. */
import * as z from 'zod';

export const ENGINES = ['titleholder', 'sklearn', 'lightgbm', 'ml-random-forest'] as const;
/** What one process measures of one engine. */
export const TASKS = ['forest', 'boosting', 'logistic'] as const;
export type Engine = (typeof ENGINES)[number];
export type TaskName = (typeof TASKS)[number];

export const Task = z.strictObject({
  engine: z.enum(ENGINES),
  task: z.enum(TASKS),
  /** Holds the tables `train` and `judge`; the scores of `judge` are written here as `scores.f64`. */
  folder: z.string(),
  trees: z.int(),
  threads: z.int(),
  seed: z.int(),
  /** The engine's own, from parameters.json. */
  parameters: z.record(z.string(), z.unknown()),
});
export type Task = z.infer<typeof Task>;

/** Null is what isn't measured: predictions are, of a forest on one thread. */
export const Answer = z.strictObject({
  fitSeconds: z.number(),
  rowsPerSecond: z.number().nullable(),
  p50Micros: z.number().nullable(),
  p99Micros: z.number().nullable(),
  peakRssMb: z.number(),
});
export type Answer = z.infer<typeof Answer>;
/** What a measurement adds to an answer; the process itself adds its memory. */
export type Measured = Omit<Answer, 'peakRssMb'>;
