// Words to normal values, in place, as src/random/normal.ts has it. Every 32 bytes hold four words of radii and four of angles.

import { lanes, multiplyAdd, ones, signBit } from "./lanes.ts";
import { c0, c1, exponentBits, exponentOf, minusLn2, minusLog, rootHalfTimes31, unit, unitTimes31 } from "./log.ts";

const turn = memory.data<f32>([1.3961257e-10, 1.3961257e-10, 1.3961257e-10, 1.3961257e-10], 16);
const sine0 = memory.data<f32>([2.6195862, 2.6195862, 2.6195862, 2.6195862], 16);
const sine1 = memory.data<f32>([-2.9947317, -2.9947317, -2.9947317, -2.9947317], 16);

export function pairs(at: usize, end: usize, scale: f32): void {
  const by = lanes(scale);
  const one = v128.load(ones);
  const sign = v128.load(signBit);
  const origin = v128.load(rootHalfTimes31);
  const mask = v128.load(exponentBits);
  const ln2 = v128.load(minusLn2);
  const whole = v128.load(unitTimes31);
  const high = v128.load(c0);
  const low = v128.load(c1);
  const perWord = v128.load(turn);
  const s0 = v128.load(sine0);
  const s1 = v128.load(sine1);
  const oneFloat = v128.load(unit);
  for (; at < end; at += 32) {
    const signed = v128.load(at);
    const word = v128.load(at, 16);
    const t = v128.andnot(f32x4.convert_i32x4_s(v128.or(signed, one)), sign);
    const log = minusLog(t, exponentOf(t, origin, mask), whole, ln2, high, low);
    const radius = v128.or(f32x4.mul(f32x4.sqrt(log), by), v128.and(signed, sign));
    const v = f32x4.mul(f32x4.convert_i32x4_s(word), perWord);
    const square = f32x4.mul(v, v);
    const sine = f32x4.mul(v, multiplyAdd(square, f32x4.add(square, s1), s0));
    const cosine = f32x4.sqrt(f32x4.sub(oneFloat, f32x4.mul(sine, sine)));
    v128.store(at, f32x4.mul(f32x4.sub(cosine, sine), radius));
    v128.store(at, v128.xor(f32x4.mul(f32x4.add(cosine, sine), radius), i32x4.shl(word, 31)), 16);
  }
}
