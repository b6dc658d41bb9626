/**
 * Normal float32 values by a Box–Muller transform in float32 operations only, one word a value.
 *
 * Eight words make eight values: lane l of words 0–3 gives the radius, of words 4–7 the angle. With ρ = √(−ln u) and an
 * angle π/4 + y, |y| ≤ π/4, the pair is ±ρ(cos y − sin y), ±ρ(cos y + sin y): the factor √2 of the radius cancels the
 * 1/√2 of the half quadrant, and no quadrant logic is left. cos y = √(1 − sin² y) keeps the pair on its circle. u is an odd
 * multiple of 2⁻³¹: |z| ≤ 6.556, which one normal in 18,000 million exceeds.
 *
 * Error of |z| before scaling, relative to the transform of the same bits: the radius' below 3e-7, the angle's 9.2e-7 (tested).
 */

import type { Key } from "./key.ts";
import { minusLog, ROOT_OF_LOG_UNIT } from "./log32.ts";
import { BLOCK_WORDS, visitWords } from "./words.ts";

/** Largest |z| that can come out: √(−2·ln 2⁻³¹), and the error. */
export const LARGEST_NORMAL = 6.5557;

const f = Math.fround;
const UNIT = 8;
const TWO_TO_MINUS_31 = 1 / 0x80000000;

/**
 * sin y = v·(C0 + C1·v² + v⁴), v = 0.599… · y · 2/π: scaled so that the last coefficient is 1. Minimax fit of the angle on
 * |y| ≤ π/4, error 7.8e-7, exact at the ends, where the pair's smaller value changes its sign.
 */
const TURN = f(1.3961257e-10);
const C0 = f(2.6195862);
const C1 = f(-2.9947317);

/** What `minusLog`'s root is multiplied with. */
export const normalScale = (std: number): number => f(f(std) * ROOT_OF_LOG_UNIT);

/** Values of whole units `from … to` (multiples of 8) of a block. */
function transform(out: Float32Array, words: Int32Array, from: number, to: number, mean: number, scale: number): void {
  for (let i = from; i < to; i += UNIT) {
    for (let lane = i; lane < i + 4; lane++) {
      const t = f(words[lane]! | 1);
      const size = f(f(Math.sqrt(minusLog(Math.abs(t) * TWO_TO_MINUS_31))) * scale);
      const radius = t < 0 ? -size : size;
      const word = words[lane + 4]!;
      const v = f(f(word) * TURN);
      const square = f(v * v);
      const sine = f(v * f(f(square * f(square + C1)) + C0));
      const cosine = f(Math.sqrt(f(1 - f(sine * sine))));
      const first = f(f(cosine - sine) * radius);
      const second = f(f(cosine + sine) * radius) * ((word & 1) === 1 ? -1 : 1);
      out[lane] = mean === 0 ? first : first + mean;
      out[lane + 4] = mean === 0 ? second : second + mean;
    }
  }
}

/**
 * Elements `start … start + out.length` of N(mean, std²).
 *
 * @param std standard deviation, finite and not negative.
 * @throws RangeError for other numbers.
 * @example fillNormal(new Float32Array(256), createKey(0, "fc1.weight"), 0, 0, 0.05)
 */
export function fillNormal(out: Float32Array, key: Key, start: number, mean: number, std: number): void {
  checkNormal(mean, std);
  const values = new Float32Array(BLOCK_WORDS);
  const scale = normalScale(std);
  visitWords(key, start, out.length, (words, from, to, at) => {
    const first = from - (from % UNIT);
    transform(values, words, first, Math.ceil(to / UNIT) * UNIT, f(mean), scale);
    out.set(values.subarray(from, to), at);
  });
}

/** @throws RangeError when mean or std cannot be a normal distribution's. */
export function checkNormal(mean: number, std: number): void {
  if (!Number.isFinite(mean) || !Number.isFinite(std) || std < 0)
    throw new RangeError(`fillNormal: mean is finite and std finite and not negative, got ${mean} and ${std}`);
}
