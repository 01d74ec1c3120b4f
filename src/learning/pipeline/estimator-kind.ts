/** What every estimator is to the pipeline, so that a further one is a file and a line. */
import type { Table } from '#learning/table.ts';

/** One place of the list that goes from station to station; levels are those of the training rows. */
export type Feature =
  | { readonly name: string; readonly kind: 'numeric' }
  | { readonly name: string; readonly kind: 'categorical'; readonly levels: readonly string[] };

/** A categorical cell that is empty. */
export const MISSING_LEVEL = -1;
/** A categorical cell whose level no training row had; who doesn't tell it from missing asks for `< 0`. */
export const UNSEEN_LEVEL = -2;

/** Rows that are read together, so that an estimator's nodes or weights stay in the cache. */
export const BLOCK = 128;

/** A block of up to `BLOCK` rows, filled cell by cell, then scored; it allocates nothing a row. */
export interface Reader {
  /** `value` is finite, or NaN for missing. */
  setNumber(row: number, feature: number, value: number): void;
  /** `code` is an index into the feature's levels, `MISSING_LEVEL` or `UNSEEN_LEVEL`. */
  setLevel(row: number, feature: number, code: number): void;
  /** Writes the scores, 0 to 1, of the block's first `rows` rows into `out` from `at` on. */
  score(rows: number, out: Float64Array, at: number): void;
}

export interface EstimatorInput<Settings> {
  /** Training rows behind the transforms. */
  readonly table: Table;
  /** 0 or 1 a row, both there. */
  readonly labels: Uint8Array;
  readonly settings: Settings;
  readonly seed: number;
  /** A group a row, where rows of one group belong together; for an estimator that holds rows out. */
  readonly groups?: Int32Array;
  /**
   * The same rows behind transforms that were fitted on `rows` (ascending) alone, for an estimator that
   * holds the others out. Absent where that makes no difference: no transform looks at labels.
   */
  readonly refitOn?: (rows: Int32Array) => Table;
  /** Whether scores of rows by what didn't see them are wanted, where that costs no further training. */
  readonly outOfBag: boolean;
}

export interface FittedEstimator<Estimator> {
  readonly estimator: Estimator;
  /** One score a row, NaN where there is none; null where the estimator has no such scores or none were asked for. */
  readonly outOfBag: Float64Array | null;
}

/** The verbs of one estimator. They are methods, so that kinds of different settings fit one list. */
export interface EstimatorKind<Estimator = unknown, Settings = unknown> {
  /** As in the file and, for what a folder may ask for, as `algorithm`. */
  readonly kind: string;
  /** Settings in full, defaults filled in. Throws `SettingsInvalid` naming the setting. */
  check(settings: unknown): Settings;
  /** Throws `SettingsInvalid` where settings don't fit this table. */
  fit(input: EstimatorInput<Settings>): FittedEstimator<Estimator>;
  /** The estimator as JSON; arrays by `packArray`. */
  pack(estimator: Estimator): object;
  /** Takes untrusted JSON. Throws `ArtifactInvalid` naming the part; linear in its size. */
  unpack(value: unknown, features: readonly Feature[]): Estimator;
  reader(estimator: Estimator): Reader;
}
