/** Mean and spread of a measure over folds. */

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

/** 97.5 % quantiles of Student's t with 1 to 19 degrees of freedom: a plan has at most 20 folds. */
const STUDENT_T = [
  12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788,
  2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.093,
];

/** NaN for other degrees of freedom than 1 to 19. */
export function studentT(degrees: number): number {
  return STUDENT_T[degrees - 1] ?? Number.NaN;
}
