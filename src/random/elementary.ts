/**
 * Logarithm, exponential, normal distribution and sine from + − × ÷ and √ alone, so that their bits are the same in
 * every engine (the standard leaves `Math.log`, `Math.exp` and `Math.sin` to the implementation).
 */

const LN_2 = 0.6931471805599453;
/** ln 2 in two parts: the first has 32 significant bits, so that a small integer times it is exact. */
const LN_2_HIGH = 0.6931471803691238;
const LN_2_LOW = 1.9082149292705877e-10;
const SQRT_2 = 1.4142135623730951;
const SQRT_HALF = 0.7071067811865476;
const INVERSE_SQRT_TWO_PI = 0.3989422804014327;
const HALF_PI = 1.5707963267948966;

/** ln x for positive finite x. By 2·artanh((m − 1)/(m + 1)), m ∈ [√½, √2]; error below 4 ulp, absolute 4e-16 near 1. */
export function log(x: number): number {
  let exponent = 0;
  let m = x;
  while (m < SQRT_HALF) {
    const small = m < 1 / 0x40000000;
    m *= small ? 0x100000000 : 2;
    exponent -= small ? 32 : 1;
  }
  while (m > SQRT_2) {
    const large = m > 0x40000000;
    m /= large ? 0x100000000 : 2;
    exponent += large ? 32 : 1;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let sum = 0;
  // |s| < 0.1716: the first term left out is 0.1716²⁴/25 < 1e-19.
  for (let k = 23; k >= 1; k -= 2) sum = sum * q + 1 / k;
  return exponent * LN_2_HIGH + (exponent * LN_2_LOW + 2 * s * sum);
}

/** eˣ for x ≤ 700; below −745 zero. Taylor series on |r| ≤ ln(2)/2; error below 3 ulp. */
export function exp(x: number): number {
  if (x < -745) return 0;
  const k = Math.floor(x / LN_2 + 0.5);
  const r = x - k * LN_2_HIGH - k * LN_2_LOW;
  let sum = 1;
  // 0.3466¹⁶/16! < 1e-20
  for (let n = 15; n >= 1; n--) sum = 1 + (sum * r) / n;
  for (let i = k; i > 0; i--) sum *= 2;
  for (let i = k; i < 0; i++) sum /= 2;
  return sum;
}

/** exp(−z²/2)/√(2π), with z² split so that large |z| keep their digits. */
export function density(z: number): number {
  const coarse = Math.floor(Math.abs(z) * 64) / 64;
  const rest = Math.abs(z) - coarse;
  return INVERSE_SQRT_TWO_PI * exp(-0.5 * coarse * coarse) * exp(-rest * (coarse + 0.5 * rest));
}

/**
 * P(Z > z) of a standard normal Z. Series (Abramowitz & Stegun 26.2.11) to |z| = 2.5, Laplace's continued fraction
 * (26.2.14) beyond; relative error below 1e-13 down to the smallest normal number (z ≈ 37.5).
 */
export function upperTail(z: number): number {
  if (z === Number.POSITIVE_INFINITY) return 0;
  if (z < -2.5) return 1 - upperTail(-z);
  if (z <= 2.5) {
    let term = z;
    let sum = z;
    for (let k = 3; k < 120; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return 0.5 - density(z) * sum;
  }
  if (z > 40) return 0;
  let fraction = z;
  // 150 levels leave less than 1e-16 at z = 2.5, where it converges slowest.
  for (let k = 150; k >= 1; k--) fraction = z + k / fraction;
  return density(z) / fraction;
}

/** sin(π·x/2) for |x| ≤ 1 by its Taylor series: error below 2e-16. */
function sineHalf(x: number): number {
  const y = x * HALF_PI;
  const q = y * y;
  let sum = 1;
  // (π/2)²²/23! < 1e-18
  for (let n = 22; n >= 2; n -= 2) sum = 1 - (sum * q) / (n * (n + 1));
  return y * sum;
}

/** sin(2π·turns). Whole and half turns give exactly 0. */
export function sineOfTurns(turns: number): number {
  const fraction = turns - Math.floor(turns);
  if (fraction <= 0.25) return sineHalf(fraction * 4);
  if (fraction < 0.75) return sineHalf((0.5 - fraction) * 4);
  return sineHalf((fraction - 1) * 4);
}
