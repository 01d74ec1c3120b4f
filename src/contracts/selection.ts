/** What cross-validation of a candidate, and the choice among candidates, leave behind. */
import * as z from 'zod';
import { MetricName } from '#gates/judged.ts';
import { Candidate, CandidateName } from './folder/candidate.ts';
import { ModelName, Sha256 } from './folder/names.ts';

const FoldScore = z.strictObject({
  /** From 0; those of a second folding go on where the first one's end. */
  fold: z.int().min(0),
  /** On the fold, by the candidate fitted on the other folds. */
  auc: z.number(),
  /** Leaves of that fit's trees, or its coefficients. */
  size: z.int().min(0),
  /** AUC on each fold of the rows outside this fold: what a choice that never saw it goes by. */
  inner: z.array(z.number()),
  /** Why the candidate can't be fitted within those rows; `inner` is empty then. */
  innerNotFitted: z.string().exactOptional(),
});
export type FoldScore = z.infer<typeof FoldScore>;

const Calibrator = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sigmoid'), slope: z.number(), intercept: z.number() }),
  z.strictObject({
    kind: z.literal('isotonic'),
    x: z.array(z.number()).min(1),
    y: z.array(z.number()).min(1),
  }),
]);

/** One candidate on folds of the training rows; the same bytes for the same training. */
export const CandidateScores = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  candidate: Candidate,
  /** Those that hold both classes. */
  folds: z.array(FoldScore).min(1),
  /** Fitted on out-of-fold scores. */
  calibrator: z.union([z.null(), Calibrator]),
  threshold: z.number(),
  /** Of the out-of-fold probabilities, each row's calibrator fitted without its fold. */
  metrics: z.partialRecord(MetricName, z.number()),
});
export type CandidateScores = z.infer<typeof CandidateScores>;

/** A candidate that the training rows don't let be fitted. */
export const NotFitted = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  candidate: Candidate,
  /** On which fold, and what the engine says. */
  notFitted: z.string().min(1),
});
export type NotFitted = z.infer<typeof NotFitted>;

/** What is stored of a candidate that was tried. */
export const CandidateOutcome = z.union([CandidateScores, NotFitted]);
export type CandidateOutcome = z.infer<typeof CandidateOutcome>;

const LeaderboardRow = z.strictObject({
  candidate: Candidate,
  attempt: z.int().min(1),
  scores: Sha256,
  foldAuc: z.array(z.number()),
  meanAuc: z.number(),
  /** Of the mean over folds; null for a single fold. */
  standardError: z.union([z.null(), z.number()]),
  /** Bounds of the mean, each leaving out 2.5 %, by Student's t. */
  lower: z.union([z.null(), z.number()]),
  upper: z.union([z.null(), z.number()]),
  /** Mean over folds. */
  size: z.number(),
  seconds: z.number(),
});
export type LeaderboardRow = z.infer<typeof LeaderboardRow>;

/** Every candidate so far, the best mean first, and which one was chosen and why. */
export const Leaderboard = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  attempt: z.int().min(1),
  /** one-standard-error: of leaderboards older than half-margin. */
  rule: z.enum(['half-margin', 'one-standard-error']),
  rows: z.array(LeaderboardRow).min(1),
  /** Those that could not be chosen, in the order they were tried; none in a leaderboard from before they were told. */
  notFitted: z
    .array(
      z.strictObject({
        candidate: Candidate,
        attempt: z.int().min(1),
        scores: Sha256,
        reason: z.string(),
        seconds: z.number(),
      }),
    )
    .default([]),
  chosen: CandidateName,
  /** One sentence with its numbers. */
  reason: z.string(),
  /** The choice made again without each fold, on that fold; null where nothing was chosen from. */
  nested: z.union([
    z.null(),
    z.strictObject({
      meanAuc: z.number(),
      standardError: z.union([z.null(), z.number()]),
      chosen: z.array(CandidateName),
    }),
  ]),
  /** Gates that may ask for a retuning, on the chosen one's out-of-fold metrics. */
  gates: z.array(
    z.strictObject({
      name: z.string(),
      metric: MetricName,
      measured: z.union([z.null(), z.number()]),
      passed: z.boolean(),
    }),
  ),
  /** Attempts for which the policy has budget and the space has points. */
  attemptsLeft: z.int().min(0),
  next: z.enum(['fit', 'retune']),
});
export type Leaderboard = z.infer<typeof Leaderboard>;

/** File name → SVG text, or why there is none. */
export const Charts = z.record(
  z.string().regex(/^[a-z-]+\.svg$/),
  z.union([z.string(), z.strictObject({ notDrawn: z.string() })]),
);
export type Charts = z.infer<typeof Charts>;
