/** Student's t distribution for whole degrees of freedom. */
import { LearningError } from '#learning/errors.ts';

/** Terms of the series are left out once they can't change a double any more. */
const NEGLIGIBLE = 2 ** -60;

/**
 * P(T ≤ t) for ν degrees of freedom, as the finite series for whole ν (Abramowitz and Stegun 26.7.3 and
 * 26.7.4), so that it has no approximation of its own.
 */
export function studentDistribution(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const sine = t / Math.sqrt(degrees + t * t);
  const cosineSquared = degrees / (degrees + t * t);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? Math.sqrt(cosineSquared) : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < degrees; k += 2) {
    term *= (cosineSquared * (k - 1)) / k;
    sum += term;
    if (term < NEGLIGIBLE * sum) break;
  }
  // P(|T| ≤ t), with the sign of t.
  const within = isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return 0.5 + within / 2;
}

/**
 * The t below which a share `p` of Student's distribution with ν degrees of freedom lies.
 *
 * @param p above 0 and below 1. @param degrees a whole number of at least 1.
 * Throws `SettingsInvalid` for others.
 */
export function studentQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p < 1 && Number.isSafeInteger(degrees) && degrees >= 1)) {
    throw new LearningError(
      'SettingsInvalid',
      `there is no quantile at ${p} with ${degrees} degrees of freedom`,
      'alpha',
    );
  }
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  let low = 0;
  let high = 1;
  while (studentDistribution(high, degrees) < p) {
    low = high;
    high *= 2;
  }
  // Halving ends where two neighbouring doubles are left, whatever the distribution's last digit does.
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (studentDistribution(middle, degrees) < p) low = middle;
    else high = middle;
  }
}
