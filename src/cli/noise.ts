/** The library's own stream as the source of inputs and cotangents. */

import { createKey, fillBits, fillNormal } from "../random/index.ts";
import type { Noise } from "../run/index.ts";

/** No parameter's stream: names in models do not begin so. */
const PREFIX = "\u0000verify/";

/** The same numbers for the same seed, stream and length. */
export function createNoise(seed: number): Noise {
  return {
    normal: (stream, length, mean, std) => {
      const out = new Float32Array(length);
      fillNormal(out, createKey(seed, PREFIX + stream), 0, mean, std);
      return out;
    },
    integers: (stream, length, bound) => {
      const bits = new Uint32Array(length);
      fillBits(bits, createKey(seed, PREFIX + stream), 0);
      // Multiply and shift (Lemire 2019): biased by less than bound · 2^-32.
      return Int32Array.from(bits, (word) => Math.floor((word * bound) / 2 ** 32));
    },
  };
}
