/** What a NumPy user writes: `rng.uniform(low, high, shape)` and `rng.normal(mean, std, shape)`, rounded to float32. */

import { createNumpyGenerator } from "../../random/index.ts";
import type { FrameworkDraws } from "./types.ts";

/** Everything drawn from `np.random.default_rng(seed)`, in order. */
export function numpyDraws(seed: number | bigint): FrameworkDraws {
  const generator = createNumpyGenerator(seed);
  const rounded = (out: Float32Array, fill: (wide: Float64Array) => void) => {
    const wide = new Float64Array(out.length);
    fill(wide);
    out.set(wide);
  };
  return {
    name: "numpy",
    uniform: (out, low, high) => rounded(out, (wide) => generator.uniform(wide, low, high)),
    normal: (out, mean, std) => rounded(out, (wide) => generator.normal(wide, mean, std)),
    truncatedNormal: null,
    permutation: null,
  };
}
