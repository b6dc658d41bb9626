/**
 * `torch.nn.init` on PyTorch's own generator: the same calls in the same order give the same numbers. Uniform and normal
 * values are PyTorch's to the bit (AVX2 build), truncated normal ones within 2 units in the last place.
 */

import { erf } from "../../gaussian/index.ts";
import { createTorchGenerator, type TorchGenerator } from "../../random/index.ts";
import { torchInverseErf } from "./inverse-erf.ts";
import type { Cut, FrameworkDraws, Values } from "./types.ts";

/** Everything drawn after `torch.manual_seed(seed)`. */
export function torchDraws(seed: number | bigint): FrameworkDraws {
  const generator = createTorchGenerator(seed);
  const { uniform, normal, permutation } = generator;
  return {
    name: "torch",
    uniform,
    normal,
    permutation,
    truncatedNormal: (out, cut) => truncatedNormal(generator, out, cut),
  };
}

/** As torch.nn.init writes it: in a tail it has lost what erfc would keep, and the draws have too. */
const cdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** `trunc_normal_(tensor, mean, std, a, b)`: uniform between the cut's probabilities, through erf⁻¹, clamped. */
export function truncatedNormal(generator: TorchGenerator, out: Values, { mean, std, low, high }: Cut): void {
  const single = out instanceof Float32Array;
  const round = single ? Math.fround : (value: number) => value;
  const below = cdf((low - mean) / std);
  const above = cdf((high - mean) / std);
  generator.uniform(out, 2 * below - 1, 2 * above - 1);
  const [scale, shift] = [round(std * Math.SQRT2), round(mean)];
  for (let i = 0; i < out.length; i++) {
    const value = round(round(torchInverseErf(out[i]!, single) * scale) + shift);
    out[i] = Math.min(Math.max(value, low), high);
  }
}
