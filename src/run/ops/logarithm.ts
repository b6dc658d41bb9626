/** Logarithms in single precision: jax-js' own is wrong by up to 1.2e-5 on Wasm (a four-term series up to mantissa 2). */

import type { Jax, Tensor } from "../jax.ts";

/** Between these e^(−log x) neither overflows nor vanishes in single precision. */
const SMALLEST = 1e-30;
const LARGEST = 1e30;
/** Up to here log(1 + x) is taken from jax-js' series in x, beyond from the logarithm. */
const SERIES = 0.2;
/** 2 atanh(s) = Σ 2 s^(2k+1)/(2k+1); at s = 1/3 the first term left out is 4e-9. */
const ATANH_TERMS = 8;

/** One Newton step on e^y = x takes the error to that of the exponential, 2e-7. Gives x away. */
export function accurateLog(jax: Jax, x: Tensor): Tensor {
  const { numpy: np } = jax;
  const usual = np.greater(x.ref, SMALLEST).mul(np.less(x.ref, LARGEST));
  const inner = np.where(usual.ref, x.ref, 1);
  const rough = np.log(inner.ref);
  const correction = inner.mul(np.exp(np.negative(rough.ref))).sub(1);
  return np.where(usual, rough.add(correction), np.log(x));
}

/** Gives x away. */
export function log1p(jax: Jax, x: Tensor): Tensor {
  const { numpy: np } = jax;
  const near = np.lessEqual(np.absolute(x.ref), SERIES);
  const small = np.where(near.ref, x.ref, 0);
  return np.where(near, np.log1p(small), accurateLog(jax, x.add(1)));
}

/** log(1 + e^x) = max(x, 0) + 2 atanh(s), s = u/(2 + u), u = e^(−|x|) ≤ 1. Gives x away. */
export function softplus(jax: Jax, x: Tensor): Tensor {
  const { numpy: np } = jax;
  const positive = np.greater(x.ref, 0);
  const falling = np.where(positive.ref, np.negative(x.ref), x.ref);
  const u = np.exp(falling);
  const s = u.ref.div(u.add(2));
  const square = s.ref.mul(s.ref);
  let series: Tensor | number = 2 / (2 * ATANH_TERMS + 1);
  for (let k = ATANH_TERMS - 1; k >= 0; k--) series = np.multiply(square.ref, series).add(2 / (2 * k + 1));
  square.dispose();
  return np.where(positive, x, 0).add(np.multiply(s, series));
}
