/**
 * Normal float32 values by a Box–Muller transform in float32 operations only, one word a value.
 *
 * Eight words make eight values: lane l of words 0–3 gives the radius, of words 4–7 the angle. With ρ = √(−ln u) and an
 * angle π/4 + y, |y| < π/4, the pair is ±ρ(cos y − sin y), ±ρ(cos y + sin y): the factor √2 of the radius cancels the
 * 1/√2 of the half quadrant, and no quadrant logic is left. u is an odd multiple of 2⁻³¹: |z| ≤ 6.556, which one
 * normal in 18,000 million exceeds.
 *
 * Error of |z| before scaling, relative to the transform of the same bits: below 2e-6 (tested).
 */

import type { Key } from "./key.ts";
import { minusLog } from "./log32.ts";
import { visitWords } from "./words.ts";

/** Largest |z| that can come out: √(−2·ln 2⁻³¹), and the error. */
export const LARGEST_NORMAL = 6.5557;

const f = Math.fround;
const UNIT = 8;
const TWO_TO_MINUS_31 = 1 / 0x80000000;

/** sin(πv/2) = v·S(v²) on [−½, ½]: minimax fit, relative error 5.6e-7. */
const S0 = f(1.5707885);
const S1 = f(-0.645712018);
const S2 = f(0.0776673928);
/** cos(πv/2) = 1 + v²·C(v²) on [−½, ½]: minimax fit, error 3.2e-8. */
const C0 = f(-1.23369801);
const C1 = f(0.253606349);
const C2 = f(-0.020426251);

const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

/** A uniform number v in (−½, ½): odd multiples of 2⁻²³, by bits 1 to 22 of a word. */
function turnOf(word: number): number {
  scratchBits[0] = (word & 0x7ffffe) | 0x3f800001;
  return scratch[0]! - 1.5;
}

/** Values of whole units `from … to` (multiples of 8) of a block. */
function transform(out: Float32Array, words: Int32Array, from: number, to: number, mean: number, std: number): void {
  for (let i = from; i < to; i += UNIT) {
    for (let lane = i; lane < i + 4; lane++) {
      const t = f(words[lane]! | 1);
      const size = f(f(Math.sqrt(minusLog(Math.abs(t) * TWO_TO_MINUS_31))) * std);
      const radius = t < 0 ? -size : size;
      const word = words[lane + 4]!;
      const v = turnOf(word);
      const square = f(v * v);
      const sine = f(f(f(f(f(S2 * square) + S1) * square) + S0) * v);
      const cosine = f(f(f(f(f(f(C2 * square) + C1) * square) + C0) * square) + 1);
      const first = f(f(cosine - sine) * radius);
      const second = f(f(cosine + sine) * radius) * (word < 0 ? -1 : 1);
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
  const values = new Float32Array(2048);
  visitWords(key, start, out.length, UNIT, (words, from, to, at) => {
    const first = from - (from % UNIT);
    transform(values, words, first, Math.ceil(to / UNIT) * UNIT, f(mean), f(std));
    out.set(values.subarray(from, to), at);
  });
}

/** @throws RangeError when mean or std cannot be a normal distribution's. */
export function checkNormal(mean: number, std: number): void {
  if (!Number.isFinite(mean) || !Number.isFinite(std) || std < 0)
    throw new RangeError(`fillNormal: mean is finite and std finite and not negative, got ${mean} and ${std}`);
}
