/**
 * −ln u in float32 operations, for u from 2⁻¹²⁶ to 1: what normals and tails are made of. The result counts in units of
 * 0.41296, which spares a multiplication.
 *
 * u = 2ᵉ·m, m ∈ [√½, √2): −ln u = s·(2 + c₁s² + c₂s⁴) − e·ln 2 with s = (1 − m)/(1 + m), the series of 2·artanh; c₂ is the
 * unit. Minimax fit, relative error 1.2e-7, in float32 arithmetic 3e-7, near u = 1 too.
 */

const f = Math.fround;
/** Root of the unit c₂ = 0.41296373: √(−ln u) = this times the root of what `minusLog` gives. */
export const ROOT_OF_LOG_UNIT = 0.6426225386364943;
/** ln 2 / c₂ */
const LN_2 = f(1.6784699);
/** Bits of √½ as float32: mantissas are taken from [√½, √2). */
const ROOT_HALF_BITS = 0x3f3504f3;
const C0 = f(4.843041);
const C1 = f(1.6139971);

const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

/** −ln u / c₂. @param u a float32. */
export function minusLog(u: number): number {
  scratch[0] = u;
  const exponent = (scratchBits[0]! - ROOT_HALF_BITS) >> 23;
  scratchBits[0]! -= exponent << 23;
  const m = scratch[0]!;
  const s = f(f(1 - m) / f(1 + m));
  const square = f(s * s);
  return f(f(s * f(f(square * f(square + C1)) + C0)) - f(exponent * LN_2));
}
