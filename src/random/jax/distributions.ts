/** `jax.random.uniform` and `jax.random.normal` in float32, from a key's bits. */

import { type JaxKey, type JaxLayout, jaxBits } from "./threefry.ts";

const f = Math.fround;
/** The float32 next to −1 towards 0: a normal is never infinite. */
const ABOVE_MINUS_ONE = f(-1 + 2 ** -24);
const ROOT_2 = f(Math.SQRT2);

/** `jax.random.uniform(key, shape, minval=low, maxval=high)`. */
export function jaxUniform(key: JaxKey, out: Float32Array, low: number, high: number, layout: JaxLayout = {}): void {
  const bits = jaxBits(key, out.length, layout);
  const least = f(low);
  const range = f(f(high) - least);
  for (let i = 0; i < out.length; i++) out[i] = Math.max(least, f(f((bits[i]! >>> 9) * 2 ** -23 * range) + least));
}

/** `jax.random.normal(key, shape)`: √2·erf⁻¹(u), u ~ U(−1, 1). */
export function jaxNormal(key: JaxKey, out: Float32Array, layout: JaxLayout = {}): void {
  jaxUniform(key, out, ABOVE_MINUS_ONE, 1, layout);
  for (let i = 0; i < out.length; i++) out[i] = f(ROOT_2 * jaxInverseErf(out[i]!));
}

/** Giles 2012, "Approximating the erfinv function", single precision: XLA's erf_inv. */
const CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
  0.246640727, 1.50140941,
].map(f);
const TAIL = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3, 1.00167406,
  2.83297682,
].map(f);

/** erf⁻¹ in float32, |x| ≤ 1. */
export function jaxInverseErf(x: number): number {
  if (Math.abs(x) === 1) return x * Number.POSITIVE_INFINITY;
  const w = f(-f(Math.log1p(f(-x * x))));
  const inside = w < 5;
  const t = inside ? f(w - 2.5) : f(f(Math.sqrt(w)) - 3);
  const [first = 0, ...rest] = inside ? CENTRE : TAIL;
  let p = first;
  for (const coefficient of rest) p = f(f(p * t) + coefficient);
  return f(p * x);
}
