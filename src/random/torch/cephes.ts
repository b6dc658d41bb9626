/**
 * Logarithm, sine and cosine in float32 by the polynomials of Cephes (Moshier 1992), in the operation order of PyTorch's
 * AVX2 normal fill, where polynomial steps and the range reduction are fused.
 */

import { fused32 } from "./fused.ts";

const f = Math.fround;
const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(f);
const LOG2_LOW = f(-2.1219444e-4);
const LOG2_HIGH = f(0.693359375);
const ROOT_HALF = f(0.7071067811865476);
const LEAST_NORMAL = f(1.1754943508222875e-38);

/** ln(x) for a positive finite float32. */
export function log32(x: number): number {
  single[0] = Math.max(x, LEAST_NORMAL);
  const pattern = bits[0]!;
  let exponent = (pattern >>> 23) - 0x7f + 1;
  bits[0] = (pattern & 0x807fffff) | 0x3f000000;
  let m = single[0]!;
  const whole = m;
  m = f(m - 1);
  if (whole < ROOT_HALF) {
    exponent -= 1;
    m = f(m + whole);
  }
  const square = f(m * m);
  let y = LOG[0]!;
  for (let i = 1; i < LOG.length; i++) y = fused32(y, m, LOG[i]!);
  y = f(y * m);
  y = fused32(y, square, f(exponent * LOG2_LOW));
  y = fused32(square, -0.5, y);
  return fused32(exponent, LOG2_HIGH, f(m + y));
}

const FOUR_OVER_PI = f(1.27323954473516);
const QUARTER = [-0.78515625, -2.4187564849853516e-4, -3.774894977445941e-8].map(f);
const COSINE = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(f);
const SINE = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(f);

/** [sin x, cos x] for x in 0 … 8192, written into `out`. */
export function sinCos32(x: number, out: Float32Array): void {
  const octant = (Math.trunc(f(x * FOUR_OVER_PI)) + 1) & ~1;
  let r = x;
  for (const part of QUARTER) r = fused32(octant, part, r);
  const z = f(r * r);
  let cosine = COSINE[0]!;
  for (let i = 1; i < COSINE.length; i++) cosine = fused32(cosine, z, COSINE[i]!);
  cosine = f(cosine * z);
  cosine = f(fused32(cosine, z, f(-0.5 * z)) + 1);
  let sine = SINE[0]!;
  for (let i = 1; i < SINE.length; i++) sine = fused32(sine, z, SINE[i]!);
  sine = fused32(f(sine * z), r, r);
  const swapped = (octant & 2) !== 0;
  out[0] = (octant & 4) !== 0 ? -(swapped ? cosine : sine) : swapped ? cosine : sine;
  out[1] = ((octant - 2) & 4) === 0 ? -(swapped ? sine : cosine) : swapped ? sine : cosine;
}
