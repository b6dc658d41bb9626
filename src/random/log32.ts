/**
 * −ln u in float32 operations, for u from 2⁻¹²⁶ to 1: what normals and tails are made of.
 *
 * u = 2ᵉ·(1 + x), x ∈ [−⅓, ⅓): −ln u = x²·Q(x) − x − e·ln 2. Minimax fit of Q, relative error 1.2e-6 in float32, near u = 1
 * too. Pairs of terms instead of Horner's rule: the chain of dependent operations is what a processor waits for.
 */

const f = Math.fround;
const LN_2 = f(0.6931471805599453);
/** Bits of ⅔ as float32: mantissas are taken from [⅔, 4/3). */
const TWO_THIRDS_BITS = 0x3f2aaaab;
const Q0 = f(0.500021279);
const Q1 = f(-0.333369464);
const Q2 = f(0.248448238);
const Q3 = f(-0.198133484);
const Q4 = f(0.1938757);
const Q5 = f(-0.170169711);

const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

/** @param u a float32. */
export function minusLog(u: number): number {
  scratch[0] = u;
  const bits = scratchBits[0]! - TWO_THIRDS_BITS;
  scratchBits[0] = (bits & 0x7fffff) + TWO_THIRDS_BITS;
  const x = f(scratch[0]! - 1);
  const square = f(x * x);
  let q = f(f(f(Q5 * x) + Q4) * square);
  q = f(f(q + f(f(Q3 * x) + Q2)) * square);
  q = f(q + f(f(Q1 * x) + Q0));
  return f(f(square * q) + f(f(-(bits >> 23) * LN_2) - x));
}
