// −ln u by parts of float32 in its own unit, as src/random/log32.ts has it. Constants: see lanes.ts.

import { multiplyAdd } from "./lanes.ts";

export const c0 = memory.data<f32>([4.843041, 4.843041, 4.843041, 4.843041], 16);
export const c1 = memory.data<f32>([1.6139971, 1.6139971, 1.6139971, 1.6139971], 16);
/** √½ as bits, of u itself and of u·2³¹. */
export const rootHalf = memory.data<u32>([0x3f3504f3, 0x3f3504f3, 0x3f3504f3, 0x3f3504f3], 16);
export const rootHalfTimes31 = memory.data<u32>([0x4eb504f3, 0x4eb504f3, 0x4eb504f3, 0x4eb504f3], 16);
export const exponentBits = memory.data<u32>([0xff800000, 0xff800000, 0xff800000, 0xff800000], 16);
/** −ln 2·2⁻²³ in the unit: an exponent is converted where it stands. */
export const minusLn2 = memory.data<f32>(
  [-2.000892038722668e-7, -2.000892038722668e-7, -2.000892038722668e-7, -2.000892038722668e-7],
  16,
);
export const unit = memory.data<f32>([1, 1, 1, 1], 16);
export const unitTimes31 = memory.data<f32>([2147483648, 2147483648, 2147483648, 2147483648], 16);

/** A number's exponent where it stands, so that what is left when it is taken off lies around `whole`. */
export function exponentOf(u: v128, origin: v128, mask: v128): v128 {
  return v128.and(i32x4.sub(u, origin), mask);
}

export function minusLog(u: v128, exponent: v128, whole: v128, ln2: v128, high: v128, low: v128): v128 {
  const m = i32x4.sub(u, exponent);
  const s = f32x4.div(f32x4.sub(whole, m), f32x4.add(whole, m));
  const square = f32x4.mul(s, s);
  const series = f32x4.mul(s, multiplyAdd(square, f32x4.add(square, low), high));
  return f32x4.add(series, f32x4.mul(f32x4.convert_i32x4_s(exponent), ln2));
}
