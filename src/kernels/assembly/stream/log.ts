// −ln u by parts of float32, as src/random/log32.ts has it. Constants: see lanes.ts.

import { multiplyAdd } from "./lanes.ts";

export const q0 = memory.data<f32>([0.500021279, 0.500021279, 0.500021279, 0.500021279], 16);
export const q1 = memory.data<f32>([-0.333369464, -0.333369464, -0.333369464, -0.333369464], 16);
export const q2 = memory.data<f32>([0.248448238, 0.248448238, 0.248448238, 0.248448238], 16);
export const q3 = memory.data<f32>([-0.198133484, -0.198133484, -0.198133484, -0.198133484], 16);
export const q4 = memory.data<f32>([0.1938757, 0.1938757, 0.1938757, 0.1938757], 16);
export const q5 = memory.data<f32>([-0.170169711, -0.170169711, -0.170169711, -0.170169711], 16);
/** ⅔ as bits, of u itself and of u·2³¹. */
export const twoThirds = memory.data<u32>([0x3f2aaaab, 0x3f2aaaab, 0x3f2aaaab, 0x3f2aaaab], 16);
export const twoThirdsTimes31 = memory.data<u32>([0x4eaaaaab, 0x4eaaaaab, 0x4eaaaaab, 0x4eaaaaab], 16);
export const mantissaBits = memory.data<u32>([0x007fffff, 0x007fffff, 0x007fffff, 0x007fffff], 16);
export const exponentBits = memory.data<u32>([0xff800000, 0xff800000, 0xff800000, 0xff800000], 16);
/** −ln 2·2⁻²³: an exponent is converted where it stands. */
export const minusLn2 = memory.data<f32>(
  [-8.262958294867817e-8, -8.262958294867817e-8, -8.262958294867817e-8, -8.262958294867817e-8],
  16,
);
export const unit = memory.data<f32>([1, 1, 1, 1], 16);

/** Q(x) by pairs. */
export function series(x: v128, square: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128): v128 {
  const high = multiplyAdd(multiplyAdd(c5, x, c4), square, multiplyAdd(c3, x, c2));
  return multiplyAdd(high, square, multiplyAdd(c1, x, c0));
}
