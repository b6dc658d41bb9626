/**
 * `jax.nn.initializers` under one key: uniform(−1, 1), normal and truncated_normal of `jax.random`, times the scale. The
 * first draw takes the key itself, the j-th further one (blocks of a fused matrix) `fold_in(key, j)`.
 */

import { erf } from "../../gaussian/index.ts";
import { foldIn, type JaxKey, type JaxLayout, jaxInverseErf, jaxNormal, jaxUniform } from "../../random/index.ts";
import type { Cut, FrameworkDraws } from "./types.ts";

const f = Math.fround;
const ROOT_2 = f(Math.SQRT2);
const LEAST = 2 ** -149;

/** The draws of one parameter. */
export function jaxDraws(key: JaxKey, layout: JaxLayout = {}): FrameworkDraws {
  let taken = 0;
  const next = (): JaxKey => {
    const index = taken++;
    return index === 0 ? key : foldIn(key, index);
  };
  return {
    name: "jax",
    uniform: (out, low, high) => {
      if (low !== -high) {
        jaxUniform(next(), out, low, high, layout);
        return;
      }
      jaxUniform(next(), out, -1, 1, layout);
      scale(out, high, 0);
    },
    normal: (out, mean, std) => {
      jaxNormal(next(), out, layout);
      scale(out, std, mean);
    },
    truncatedNormal: (out, { mean, std, low, high }) => {
      truncatedNormal(next(), out, { mean: 0, std: 1, low: (low - mean) / std, high: (high - mean) / std }, layout);
      scale(out, std, mean);
    },
    permutation: null,
  };
}

function scale(out: Float32Array, std: number, mean: number): void {
  const [factor, shift] = [f(std), f(mean)];
  for (let i = 0; i < out.length; i++) out[i] = f(f(out[i]! * factor) + shift);
}

/** `jax.random.truncated_normal(key, low, high)`: erf⁻¹ of a uniform between erf's values at the bounds, inside them. */
export function truncatedNormal(key: JaxKey, out: Float32Array, { low, high }: Cut, layout: JaxLayout = {}): void {
  const [lower, upper] = [f(low), f(high)];
  jaxUniform(key, out, f(erf(f(lower / ROOT_2))), f(erf(f(upper / ROOT_2))), layout);
  const [least, most] = [after(lower), -after(-upper)];
  for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(f(ROOT_2 * jaxInverseErf(out[i]!)), least), most);
}

const single = new Float32Array(1);
const pattern = new Int32Array(single.buffer);

/** The next float32 above a finite one. */
function after(value: number): number {
  if (value === 0) return LEAST;
  single[0] = value;
  pattern[0] = pattern[0]! + (value > 0 ? 1 : -1);
  return single[0]!;
}
