/** The standard normal distribution: density, distribution function, quantile. */

import { erfc, expMinusSquare } from "./error-function.ts";

const SQRT_HALF = Math.SQRT1_2;
const INVERSE_SQRT_TWO_PI = 0.3989422804014327;

/** exp(−z²/2)/√(2π). */
export function normalDensity(z: number): number {
  return INVERSE_SQRT_TWO_PI * (Math.abs(z) < 1 ? Math.exp(-0.5 * z * z) : expMinusSquare(z * SQRT_HALF));
}

/** P(Z ≤ z), accurate relative to itself in the lower tail down to z ≈ −37. Example: `normalCdf(0)` is 0.5. */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z * SQRT_HALF);
}

/** P(Z > z). */
export function normalTail(z: number): number {
  return 0.5 * erfc(z * SQRT_HALF);
}

/** First guess of the quantile of p ≤ 1/2: Abramowitz & Stegun 26.2.23, error below 4.5e-4. */
function roughQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(p));
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  const bottom = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return top / bottom - t;
}

/**
 * z with P(Z ≤ z) = p. Three Halley steps on the tail from a rough guess; error a few ulp for 1e-300 ≤ p ≤ 1 − 1e-16.
 * p = 0 gives −Infinity, p = 1 gives Infinity, outside [0, 1] NaN. Example: `normalQuantile(0.975)` is 1.959963984540054.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0.5) return 0;
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0) return Number.NEGATIVE_INFINITY;
  let z = roughQuantile(p);
  for (let i = 0; i < 3; i++) {
    const step = (normalCdf(z) - p) / normalDensity(z);
    z -= step / (1 + 0.5 * z * step);
  }
  return z;
}

/** erf⁻¹(y) for |y| < 1, through the normal quantile (absolute error a few ulp). */
export function erfInverse(y: number): number {
  if (Math.abs(y) < 1e-8) return (y * Math.sqrt(Math.PI)) / 2;
  return y < 0 ? normalQuantile((1 + y) / 2) * SQRT_HALF : -normalQuantile((1 - y) / 2) * SQRT_HALF;
}
