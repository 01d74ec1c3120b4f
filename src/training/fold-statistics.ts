/** Mean and spread of a measure over folds. */
import { studentQuantile } from '#learning/metrics/student.ts';

/** NaN of none. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample's standard deviation; null for fewer than two. */
export function deviationOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** Of the mean of the values; null for fewer than two. */
export function standardErrorOf(values: readonly number[]): number | null {
  const deviation = deviationOf(values);
  return deviation === null ? null : deviation / Math.sqrt(values.length);
}

/** Bounds of the mean, each leaving out 2.5 %, by Student's t; null for fewer than two values. */
export function intervalOfMean(
  values: readonly number[],
): { readonly lower: number; readonly upper: number } | null {
  const standardError = standardErrorOf(values);
  if (standardError === null) return null;
  const mean = meanOf(values);
  const half = standardError * studentQuantile(0.975, values.length - 1);
  return { lower: mean - half, upper: mean + half };
}
