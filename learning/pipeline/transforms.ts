/** Stations between a row's columns and its estimator; fitted on training rows only. */

/** A fitted transform. Features are named as they are called where it stands. */
export type Transform =
  /** Missing becomes a number, or a level's index; an unseen level stays unseen. In place. */
  | { readonly kind: 'impute'; readonly feature: string; readonly value: number }
  /**
   * `feature=level`, 1 or 0, for each of `levels`, and `feature is missing` where `missing`; in place.
   * An unseen level is all 0, a missing one too where it has no feature of its own.
   */
  | {
      readonly kind: 'oneHot';
      readonly feature: string;
      readonly levels: readonly string[];
      readonly missing: boolean;
    }
  /** The level's index; missing and unseen become NaN. In place. */
  | { readonly kind: 'ordinal'; readonly feature: string }
  /** The level's share of the training rows that had one; missing becomes NaN, unseen 0. In place. */
  | { readonly kind: 'frequency'; readonly feature: string; readonly shares: Float64Array }
  /** `left*right`, appended; missing where either is, or where the result isn't finite. */
  | { readonly kind: 'product'; readonly left: string; readonly right: string }
  /** `left/right`, appended; missing where either is, or where the result isn't finite. */
  | { readonly kind: 'ratio'; readonly left: string; readonly right: string }
  /**
   * `left×right`, appended; level i is the pair of indices `pairs[i]` = left · (levels of right) + right,
   * ascending. Missing where either is, else unseen where either is or where training had no such pair.
   */
  | {
      readonly kind: 'cross';
      readonly left: string;
      readonly right: string;
      readonly pairs: Uint32Array;
    }
  /** Keeps `features`, in their order. `scores` are all features' scores, in the order before it. */
  | {
      readonly kind: 'select';
      readonly features: readonly string[];
      readonly scores: Float64Array;
    };

/** What a folder asks for; `columns` left out are all that it can be done to. */
export type TransformSpec =
  | {
      readonly kind: 'impute';
      readonly columns?: readonly string[];
      readonly with: 'median' | 'mean' | 'most-frequent';
    }
  | {
      readonly kind: 'encode';
      readonly columns?: readonly string[];
      readonly as: 'one-hot' | 'ordinal' | 'frequency';
    }
  | {
      readonly kind: 'interact';
      readonly pairs: readonly (readonly [string, string])[];
      readonly as: 'product' | 'ratio' | 'cross';
    }
  | { readonly kind: 'select'; readonly best: number };
