/** Points and weights on [0, 1] with which an integral of a polynomial is a short sum. */

export interface Quadrature {
  /** Ascending, strictly between 0 and 1. */
  readonly points: Float64Array;
  /** Positive; they add to 1. */
  readonly weights: Float64Array;
}

/**
 * Gauss–Legendre quadrature with `n` points, moved from [−1, 1] to [0, 1].
 *
 * Exact for polynomials up to degree 2n − 1. The points are the roots of the Legendre polynomial, found
 * by Newton's method from Chebyshev's guess (Press et al., Numerical Recipes, section 4.6).
 */
export function gaussLegendre(n: number): Quadrature {
  const points = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = 0; step < 100; step += 1) {
      let before = 0;
      let value = 1;
      for (let k = 1; k <= n; k += 1) {
        const next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
        before = value;
        value = next;
      }
      slope = (n * (x * value - before)) / (x * x - 1);
      const move = value / slope;
      x -= move;
      if (Math.abs(move) < 1e-15) break;
    }
    points[i] = (1 + x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}
