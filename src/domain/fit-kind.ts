/** A fit on a sample, to see whether a commit can be fitted at all, or the one that is judged. */
export const FIT_KINDS = ['quick', 'full'] as const;
export type FitKind = (typeof FIT_KINDS)[number];
