/**
 * erf, erfc and the scaled exp(x²)·erfc(x) to double precision (error ≤ 4 ulp where the result is a normal number).
 *
 * |x| ≤ 1: Chebyshev series of erf(x)/x. Beyond: Chebyshev series of (x + 3)·exp(x²)·erfc(x) in (x − 3)/(x + 3), after
 * Schonfelder 1978 ("Chebyshev expansions for the error and related functions"). Coefficients are computed at 60 digits.
 */

import { ERF_OVER_X, SCALED_ERFCX } from "./error-function-coefficients.ts";

function clenshaw(coefficients: readonly number[], w: number): number {
  const twice = 2 * w;
  let a = 0;
  let b = 0;
  for (let k = coefficients.length - 1; k > 0; k--) {
    const next = twice * a - b + coefficients[k];
    b = a;
    a = next;
  }
  return w * a - b + coefficients[0];
}

/** exp(−x²) without the error that squaring x brings: the leading half of x squares exactly. */
export function expMinusSquare(x: number): number {
  if (Math.abs(x) > 28) return 0;
  const lead = Math.round(x * 1024) / 1024;
  return Math.exp(-lead * lead) * Math.exp((lead - x) * (lead + x));
}

function erfcxBeyondOne(x: number): number {
  const t = (x - 3) / (x + 3);
  return clenshaw(SCALED_ERFCX, (4 * t - 1) / 3) / (x + 3);
}

/** erf(x) = 2/√π ∫₀ˣ exp(−t²) dt. Example: `erf(1)` is 0.8427007929497149. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const size = Math.abs(x);
  if (size <= 1) return x * clenshaw(ERF_OVER_X, 2 * x * x - 1);
  const value = size > 6 ? 1 : 1 - expMinusSquare(size) * erfcxBeyondOne(size);
  return x < 0 ? -value : value;
}

/** erfc(x) = 1 − erf(x), accurate relative to itself up to x ≈ 26.5, where it underflows. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x <= 0.5) return 1 - erf(x);
  if (x <= 1) return 1 - x * clenshaw(ERF_OVER_X, 2 * x * x - 1);
  return x > 28 ? 0 : expMinusSquare(x) * erfcxBeyondOne(x);
}

/** exp(x²)·erfc(x): 1 at 0, falls like 1/(x√π); Infinity below x ≈ −26.6. */
export function erfcx(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x === Number.POSITIVE_INFINITY) return 0;
  if (x > 1) return erfcxBeyondOne(x);
  return erfc(x) / expMinusSquare(x);
}
