/**
 * `np.random.Generator`: doubles and floats from 64-bit draws, normals by the ziggurat (numpy/random/src/distributions,
 * 1.17 and later). One state, consumed in order; a float32 takes half a draw, the other half is kept.
 */

import type { BitSource } from "./bit-source.ts";
import { createPcg64 } from "./pcg64.ts";
import type { Entropy } from "./seed-sequence.ts";
import { layers } from "./ziggurat.ts";

export interface NumpyGenerator {
  /** `rng.random(dtype=…)`: [0, 1). */
  readonly random: (out: Float32Array | Float64Array) => void;
  /** `rng.uniform(low, high)`, float64. */
  readonly uniform: (out: Float64Array, low: number, high: number) => void;
  /** `rng.standard_normal(dtype=…)`. */
  readonly standardNormal: (out: Float32Array | Float64Array) => void;
  /** `rng.normal(mean, std)`, float64. */
  readonly normal: (out: Float64Array, mean: number, std: number) => void;
}

const TAIL = 3.6541528853610088;
const TAIL_INVERSE = 0.2736612373297583;
const f = Math.fround;

/**
 * `np.random.default_rng(seed)`, or a generator over another source of bits.
 *
 * @example
 * const out = new Float64Array(3);
 * createNumpyGenerator(0).random(out); // 0.6369616873214543, 0.2697867137638703, 0.04097352393619469
 */
export function createNumpyGenerator(
  seed: Entropy,
  { source = createPcg64(seed) }: { readonly source?: BitSource } = {},
): NumpyGenerator {
  let half: number | null = null;
  const double = (): number => {
    const low = source.next();
    return (source.high() * 2 ** 21 + (low >>> 11)) * 2 ** -53;
  };
  const word = (): number => {
    if (half !== null) {
      const kept = half;
      half = null;
      return kept;
    }
    const low = source.next();
    half = source.high();
    return low;
  };
  const single = (): number => (word() >>> 8) * 2 ** -24;

  const normalDouble = (): number => {
    const { accept, width, height } = layers.double;
    for (;;) {
      const low = source.next();
      const layer = low & 0xff;
      // Bits 9 … 60: 52 of them.
      const size = (source.high() & 0x1fffffff) * 2 ** 23 + (low >>> 9);
      const x = (low & 0x100 ? -size : size) * width[layer]!;
      if (size < accept[layer]!) return x;
      if (layer === 0) {
        for (;;) {
          const beyond = -TAIL_INVERSE * Math.log1p(-double());
          const y = -Math.log1p(-double());
          if (y + y > beyond * beyond) return low & 0x20000 ? -(TAIL + beyond) : TAIL + beyond;
        }
      }
      if ((height[layer - 1]! - height[layer]!) * double() + height[layer]! < Math.exp(-0.5 * x * x)) return x;
    }
  };

  const normalSingle = (): number => {
    const { accept, width, height } = layers.single;
    for (;;) {
      const bits = word();
      const layer = bits & 0xff;
      const size = (bits >>> 9) & 0x7fffff;
      const x = f((bits & 0x100 ? -size : size) * width[layer]!);
      if (size < accept[layer]!) return x;
      if (layer === 0) {
        for (;;) {
          const beyond = f(-f(TAIL_INVERSE) * f(Math.log1p(-single())));
          const y = f(-Math.log1p(-single()));
          if (f(y + y) > f(beyond * beyond)) return bits & 0x20000 ? -f(f(TAIL) + beyond) : f(f(TAIL) + beyond);
        }
      }
      const height32 = f(f(f(height[layer - 1]! - height[layer]!) * single()) + height[layer]!);
      if (height32 < Math.exp(-0.5 * x * x)) return x;
    }
  };

  const fill = (out: Float32Array | Float64Array, next: () => number): void => {
    for (let i = 0; i < out.length; i++) out[i] = next();
  };
  return {
    random: (out) => fill(out, out instanceof Float32Array ? single : double),
    standardNormal: (out) => fill(out, out instanceof Float32Array ? normalSingle : normalDouble),
    uniform: (out, low, high) => {
      const range = high - low;
      fill(out, () => low + range * double());
    },
    normal: (out, mean, std) => fill(out, () => mean + std * normalDouble()),
  };
}
