// float32 to the 16-bit types, rounded to nearest even; NaN becomes the quiet one with its sign. `out` may be `at`.

import { signBit } from "./lanes.ts";

const infinity = memory.data<u32>([0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000], 16);
const ones = memory.data<u32>([1, 1, 1, 1], 16);

const halfTop = memory.data<u32>([0x47800000, 0x47800000, 0x47800000, 0x47800000], 16);
const halfInfinity = memory.data<u32>([0x7c00, 0x7c00, 0x7c00, 0x7c00], 16);
const halfQuiet = memory.data<u32>([0x7e00, 0x7e00, 0x7e00, 0x7e00], 16);
/** The least normal number of binary16, and ½: adding it leaves a subnormal's bits at the bottom, rounded. */
const halfLeast = memory.data<u32>([0x38800000, 0x38800000, 0x38800000, 0x38800000], 16);
const oneHalf = memory.data<u32>([0x3f000000, 0x3f000000, 0x3f000000, 0x3f000000], 16);
/** Exponent bias 127 to 15, and just under half of the last place that stays. */
const halfRebias = memory.data<u32>([0xc8000fff, 0xc8000fff, 0xc8000fff, 0xc8000fff], 16);

const brainQuiet = memory.data<u32>([0x7fc0, 0x7fc0, 0x7fc0, 0x7fc0], 16);
const brainRound = memory.data<u32>([0x7fff, 0x7fff, 0x7fff, 0x7fff], 16);

function half(word: v128): v128 {
  const sign = v128.and(word, v128.load(signBit));
  const size = v128.xor(word, sign);
  const odd = v128.and(i32x4.shr_u(size, 13), v128.load(ones));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(size, v128.load(halfRebias)), odd), 13);
  const small = i32x4.sub(f32x4.add(size, v128.load(oneHalf)), v128.load(oneHalf));
  const finite = v128.bitselect(small, normal, i32x4.lt_s(size, v128.load(halfLeast)));
  const large = v128.bitselect(v128.load(halfQuiet), v128.load(halfInfinity), i32x4.gt_s(size, v128.load(infinity)));
  const value = v128.bitselect(finite, large, i32x4.lt_s(size, v128.load(halfTop)));
  return v128.or(value, i32x4.shr_u(sign, 16));
}

function brain(word: v128): v128 {
  const sign = v128.and(word, v128.load(signBit));
  const size = v128.xor(word, sign);
  const odd = v128.and(i32x4.shr_u(size, 16), v128.load(ones));
  const finite = i32x4.shr_u(i32x4.add(i32x4.add(size, v128.load(brainRound)), odd), 16);
  const value = v128.bitselect(v128.load(brainQuiet), finite, i32x4.gt_s(size, v128.load(infinity)));
  return v128.or(value, i32x4.shr_u(sign, 16));
}

/** Floats in at … end, 32 bytes at a time, to binary16. */
export function toFloat16(at: usize, end: usize, out: usize): void {
  for (; at < end; at += 32, out += 16) {
    v128.store(out, i16x8.narrow_i32x4_u(half(v128.load(at)), half(v128.load(at, 16))));
  }
}

/** Floats in at … end, 32 bytes at a time, to bfloat16. */
export function toBfloat16(at: usize, end: usize, out: usize): void {
  for (; at < end; at += 32, out += 16) {
    v128.store(out, i16x8.narrow_i32x4_u(brain(v128.load(at)), brain(v128.load(at, 16))));
  }
}
