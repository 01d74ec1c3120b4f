/** What a trial finds, as documents: `measured`, on which a verdict rests, and `timings` beside it. */

import type { Confusion, MetricName } from './metrics.ts';

/** By what a challenger is measured; the charter's, copied into the evidence. */
export interface Plan {
  readonly primaryMetric: 'auc';
  /** One-sided; each bound leaves out this share. */
  readonly alpha: number;
  /** How much worse still counts as no worse. */
  readonly margin: number;
  readonly replicates: number;
  /** Above 0, at most 1: the share of rows, those of the highest scores, whose precision is `precisionAtK`. */
  readonly k: number;
}

/** A value with its bounds, each leaving out the plan's α; null, with a reason, where there is none. */
export interface MetricValue {
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly reason?: string;
}

export interface ModelMeasures {
  readonly threshold: number;
  readonly metrics: Readonly<Record<MetricName, MetricValue>>;
  /** Counts at the threshold; null where the scores are unusable. */
  readonly confusion: Confusion | null;
}

/** The challenger minus another model, draw by draw over the same groups. */
export interface Paired {
  /** 'champion', or a baseline's name. */
  readonly against: string;
  readonly metric: MetricName;
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly standardError: number | null;
  /** Those used: draws of both classes. */
  readonly replicates: number;
  readonly alpha: number;
  /**
   * Holdout rows at which a difference of this size would be told from 0 nine times in ten; null where
   * the models don't differ.
   */
  readonly rowsToSettle: number | null;
  readonly reason?: string;
}

/** Something looked at beside the metrics; a failed `enforce` rejects, a failed `warn` is only said. */
export interface Check {
  readonly name: string;
  readonly mode: 'warn' | 'enforce';
  readonly passed: boolean;
  readonly message: string;
}

/** Over the repeats of a shuffle. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** How much AUC falls when a column's cells change places; null for a model that doesn't read it. */
export interface Importance {
  /** Holdout rows that were shuffled. */
  readonly rows: number;
  readonly repeats: number;
  readonly columns: readonly {
    readonly column: string;
    readonly challenger: Spread | null;
    readonly champion: Spread | null;
  }[];
}

/** Where the evidence comes from; null where there is none (`try` knows no commit). */
export interface EvidenceSource {
  readonly model: string;
  readonly commit: string | null;
  readonly bundle: string | null;
  readonly charter: string;
  readonly code: string;
  readonly data: { readonly training: string; readonly holdout: string };
  readonly seeds: { readonly master: number };
  readonly asOf: string | null;
}

export interface Measured extends EvidenceSource {
  readonly schemaVersion: 1;
  readonly plan: Plan;
  readonly rows: { readonly total: number; readonly positive: number; readonly groups: number };
  readonly challenger: ModelMeasures & { readonly sha256: string };
  readonly champion: (ModelMeasures & { readonly version: number; readonly sha256: string }) | null;
  readonly baselines: readonly (ModelMeasures & { readonly name: string })[];
  readonly paired: readonly Paired[];
  /** Null where the rows allow no AUC. */
  readonly importance: Importance | null;
  /** Hash of the bytes that `scoresDocument` gives for the same input. */
  readonly scores: string;
  readonly checks: readonly Check[];
}

/** How fast and how large a model is; read on the machine that happened to evaluate. */
export interface ModelTimings {
  readonly sha256: string;
  readonly artifactBytes: number;
  /** One row at a time, in microseconds. */
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** The whole table at once. */
  readonly rowsPerSecond: number;
}

/** The second document of the evidence; not reproducible, so never part of `measured`. */
export interface Timings {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly challenger: ModelTimings;
  readonly champion: ModelTimings | null;
  /** Challenger over champion; null without a champion, a ratio null where the clock saw nothing pass. */
  readonly ratios: {
    readonly p50: number | null;
    readonly p99: number | null;
    readonly rowsPerSecond: number | null;
    readonly artifactBytes: number;
  } | null;
  /** What timing took. */
  readonly seconds: number;
}
