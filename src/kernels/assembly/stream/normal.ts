// Words to normal values, in place and in two passes, as src/random/normal.ts has it: short chains of operations keep more
// of a processor busy than one long one. Every 32 bytes hold four words of radii and four of angles.

import { lanes, multiplyAdd, ones, signBit } from "./lanes.ts";
import {
  exponentBits,
  mantissaBits,
  minusLn2,
  q0,
  q1,
  q2,
  q3,
  q4,
  q5,
  series,
  twoThirds,
  twoThirdsTimes31,
  unit,
} from "./log.ts";

const sine0 = memory.data<f32>([1.5707885, 1.5707885, 1.5707885, 1.5707885], 16);
const sine1 = memory.data<f32>([-0.645712018, -0.645712018, -0.645712018, -0.645712018], 16);
const sine2 = memory.data<f32>([0.0776673928, 0.0776673928, 0.0776673928, 0.0776673928], 16);
const cosine0 = memory.data<f32>([-1.23369801, -1.23369801, -1.23369801, -1.23369801], 16);
const cosine1 = memory.data<f32>([0.253606349, 0.253606349, 0.253606349, 0.253606349], 16);
const cosine2 = memory.data<f32>([-0.020426251, -0.020426251, -0.020426251, -0.020426251], 16);
const oneAndHalf = memory.data<f32>([1.5, 1.5, 1.5, 1.5], 16);
const turnBits = memory.data<u32>([0x007ffffe, 0x007ffffe, 0x007ffffe, 0x007ffffe], 16);
const turnExponent = memory.data<u32>([0x3f800001, 0x3f800001, 0x3f800001, 0x3f800001], 16);

/** Words a to −ln u, with the sign of a. */
export function logs(at: usize, end: usize): void {
  const one = v128.load(ones);
  const sign = v128.load(signBit);
  const origin = v128.load(twoThirdsTimes31);
  const mantissa = v128.load(mantissaBits);
  const least = v128.load(twoThirds);
  const exponent = v128.load(exponentBits);
  const ln2 = v128.load(minusLn2);
  const whole = v128.load(unit);
  const c0 = v128.load(q0);
  const c1 = v128.load(q1);
  const c2 = v128.load(q2);
  const c3 = v128.load(q3);
  const c4 = v128.load(q4);
  const c5 = v128.load(q5);
  for (; at < end; at += 32) {
    const word = v128.load(at);
    const t = f32x4.convert_i32x4_s(v128.or(word, one));
    const bits = i32x4.sub(v128.andnot(t, sign), origin);
    const x = f32x4.sub(i32x4.add(v128.and(bits, mantissa), least), whole);
    const square = f32x4.mul(x, x);
    const rest = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(v128.and(bits, exponent)), ln2), x);
    const log = multiplyAdd(square, series(x, square, c0, c1, c2, c3, c4, c5), rest);
    v128.store(at, v128.or(log, v128.and(word, sign)));
  }
}

/** Logarithms and words c to pairs of values. */
export function pairs(at: usize, end: usize, std: f32): void {
  const by = lanes(std);
  const sign = v128.load(signBit);
  const turn = v128.load(turnBits);
  const exponent = v128.load(turnExponent);
  const half = v128.load(oneAndHalf);
  const whole = v128.load(unit);
  const s0 = v128.load(sine0);
  const s1 = v128.load(sine1);
  const s2 = v128.load(sine2);
  const c0 = v128.load(cosine0);
  const c1 = v128.load(cosine1);
  const c2 = v128.load(cosine2);
  for (; at < end; at += 32) {
    const signed = v128.load(at);
    const word = v128.load(at, 16);
    const radius = v128.or(f32x4.mul(f32x4.sqrt(v128.andnot(signed, sign)), by), v128.and(signed, sign));
    const v = f32x4.sub(v128.or(v128.and(word, turn), exponent), half);
    const square = f32x4.mul(v, v);
    const sine = f32x4.mul(multiplyAdd(multiplyAdd(s2, square, s1), square, s0), v);
    const cosine = multiplyAdd(multiplyAdd(multiplyAdd(c2, square, c1), square, c0), square, whole);
    v128.store(at, f32x4.mul(f32x4.sub(cosine, sine), radius));
    v128.store(at, v128.xor(f32x4.mul(f32x4.add(cosine, sine), radius), v128.and(word, sign)), 16);
  }
}

export function shift(at: usize, end: usize, mean: f32): void {
  const by = lanes(mean);
  for (; at < end; at += 16) v128.store(at, f32x4.add(v128.load(at), by));
}
