/**
 * Normal float32 values by a Box–Muller transform in float32 operations only, one word a value.
 *
 * Eight words make eight values: lane l of words 0–3 gives the radius, of words 4–7 the angle and both signs. With
 * ρ = √(−ln u) and an angle π/4 + y, |y| < π/4, the pair is ±ρ(cos y − sin y), ±ρ(cos y + sin y): the factor √2 of the
 * radius cancels the 1/√2 of the half quadrant, and no quadrant logic is left. u has 39 bits: |z| ≤ 7.45.
 *
 * Error of |z| before scaling, relative to the transform of the same bits: below 1e-6 (tested), 2e-8 in the mean square.
 */

import type { Key } from "./key.ts";
import { visitWords } from "./words.ts";

/** Largest |z| that can come out: √(−2·ln 2⁻⁴⁰). */
export const LARGEST_NORMAL = 7.447;

const f = Math.fround;
const UNIT = 8;
const TWO_TO_MINUS_9 = 1 / 512;
const TWO_TO_MINUS_22 = 1 / 0x400000;
/** Bits of √½ as float32: mantissas are taken from [√½, √2). */
const SQRT_HALF_BITS = 0x3f3504f3;
const LN_2 = f(0.6931471805599453);

/** ln(1 + x) = x + x²·P(x) on [√½ − 1, √2 − 1]: minimax fit, relative error 3.0e-8. */
const L0 = f(-0.499999911);
const L1 = f(0.333339512);
const L2 = f(-0.250017554);
const L3 = f(0.199620709);
const L4 = f(-0.16570513);
const L5 = f(0.149179906);
const L6 = f(-0.14307493);
const L7 = f(0.0873475671);
/** sin(πx/4) = x·S(x²) on [−1, 1]: minimax fit, relative error 3.3e-9. */
const S0 = f(0.785398185);
const S1 = f(-0.0807454363);
const S2 = f(0.00249000126);
const S3 = f(-3.59505248e-5);
/** cos(πx/4) = 1 + x²·C(x²) on [−1, 1]: minimax fit, error 3.3e-8. */
const C0 = f(-0.308424503);
const C1 = f(0.0158503987);
const C2 = f(-0.000319160521);

/** Values of whole units `from … to` (multiples of 8) of a block, mean 0 and variance 1 times `std`, plus `mean`. */
function transform(
  out: Float32Array,
  words: Int32Array,
  from: number,
  to: number,
  scratch: Float32Array,
  scratchBits: Int32Array,
  mean: number,
  std: number,
): void {
  const m32 = f(mean);
  const s32 = f(std);
  for (let i = from; i < to; i += UNIT) {
    for (let lane = i; lane < i + 4; lane++) {
      const low = ((words[lane + 4]! & 255) * 2 + 1) * TWO_TO_MINUS_9;
      scratch[lane] = f(words[lane]! >>> 1) + low;
    }
  }
  for (let i = from; i < to; i += UNIT) {
    for (let lane = i; lane < i + 4; lane++) {
      const bits = scratchBits[lane]! - SQRT_HALF_BITS;
      scratchBits[lane] = (bits & 0x7fffff) + SQRT_HALF_BITS;
      const x = f(scratch[lane]! - 1);
      let p = f(f(L7 * x) + L6);
      p = f(f(p * x) + L5);
      p = f(f(p * x) + L4);
      p = f(f(p * x) + L3);
      p = f(f(p * x) + L2);
      p = f(f(p * x) + L1);
      p = f(f(p * x) + L0);
      const log = f(f(x + f(f(x * x) * p)) + f(((bits >> 23) - 31) * LN_2));
      const radius = f(Math.sqrt(-log));

      const w = words[lane + 4]!;
      const y = ((w >>> 7) & 0x7ffffe) + 1 - 0x400000;
      const turn = f(y * TWO_TO_MINUS_22);
      const square = f(turn * turn);
      let sine = f(f(S3 * square) + S2);
      sine = f(f(sine * square) + S1);
      sine = f(f(f(sine * square) + S0) * turn);
      let cosine = f(f(C2 * square) + C1);
      cosine = f(f(cosine * square) + C0);
      cosine = f(f(cosine * square) + 1);
      const firstSign = 1 + ((w >> 31) << 1);
      const secondSign = 1 + (((w << 1) >> 31) << 1);
      const first = f(f(cosine - sine) * radius) * firstSign;
      const second = f(f(cosine + sine) * radius) * secondSign;
      out[lane] = f(first * s32) + m32;
      out[lane + 4] = f(second * s32) + m32;
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
  if (!Number.isFinite(mean) || !Number.isFinite(std) || std < 0)
    throw new RangeError(`fillNormal: mean is finite and std finite and not negative, got ${mean} and ${std}`);
  const values = new Float32Array(2048);
  const scratch = new Float32Array(2048);
  const scratchBits = new Int32Array(scratch.buffer);
  visitWords(key, start, out.length, UNIT, (words, from, to, at) => {
    const first = from - (from % UNIT);
    transform(values, words, first, Math.ceil(to / UNIT) * UNIT, scratch, scratchBits, mean, std);
    out.set(values.subarray(from, to), at);
  });
}
