/**
 * Uniform float32 values, one word each: value = middle + half·t, t = float32(word | 1)·2⁻³¹ ∈ [−1, 1].
 *
 * The word counts as a signed integer; making it odd puts it symmetrically around zero and off zero. Conversion keeps
 * 24 significant bits, so that t is finest near 0. All operations are float32, rounded to nearest.
 */

import { clamp, float32Bounds } from "./float32.ts";
import type { Key } from "./key.ts";
import { visitWords } from "./words.ts";

const TWO_TO_MINUS_31 = 1 / 0x80000000;

/** What a fill needs of its bounds: value = t·step (+ middle, kept within lower … upper), t = float32(word | 1). */
export interface UniformSteps {
  readonly step: number;
  /** Null for bounds that are symmetric around 0: nothing is added, and no value can leave them. */
  readonly middle: number | null;
  readonly lower: number;
  readonly upper: number;
}

/** @throws RangeError for bounds that are not finite or not in order. */
export function uniformSteps(low: number, high: number): UniformSteps {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high))
    throw new RangeError(`fillUniform: bounds are finite and low <= high, got ${low} and ${high}`);
  const [lower, upper] = float32Bounds(low, high);
  if (low === -high) return { step: upper * TWO_TO_MINUS_31, middle: null, lower, upper };
  const step = Math.fround(high / 2 - low / 2) * TWO_TO_MINUS_31;
  return { step, middle: Math.fround(low / 2 + high / 2), lower, upper };
}

/**
 * Elements `start … start + out.length` of U[low, high].
 *
 * @param low, high finite, low ≤ high; no value lies outside (bounds are rounded inwards; if no float32 lies
 *   between them, all values are the one nearest to low).
 * @throws RangeError for other bounds.
 * @example fillUniform(new Float32Array(10), createKey(0, "fc1.bias"), 0, -0.1, 0.1)
 */
export function fillUniform(out: Float32Array, key: Key, start: number, low: number, high: number): void {
  const { step, middle, lower, upper } = uniformSteps(low, high);
  if (middle === null) {
    visitWords(key, start, out.length, (words, from, to, at) => {
      const shift = at - from;
      for (let i = from; i < to; i++) out[shift + i] = Math.fround(words[i]! | 1) * step;
    });
    return;
  }
  visitWords(key, start, out.length, (words, from, to, at) => {
    const shift = at - from;
    for (let i = from; i < to; i++) {
      const value = Math.fround(Math.fround(Math.fround(words[i]! | 1) * step) + middle);
      out[shift + i] = clamp(value, lower, upper);
    }
  });
}
