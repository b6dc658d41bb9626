// Words to uniform values, in place: float32(word | 1)·step + middle, as src/random/uniform.ts has it.

import { lanes, ones } from "./lanes.ts";

export function symmetric(at: usize, end: usize, step: f32): void {
  const one = v128.load(ones);
  const by = lanes(step);
  for (; at < end; at += 16) {
    v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(v128.or(v128.load(at), one)), by));
  }
}

export function between(at: usize, end: usize, step: f32, middle: f32, lower: f32, upper: f32): void {
  const one = v128.load(ones);
  const by = lanes(step);
  const centre = lanes(middle);
  const least = lanes(lower);
  const most = lanes(upper);
  for (; at < end; at += 16) {
    const t = f32x4.convert_i32x4_s(v128.or(v128.load(at), one));
    const value = f32x4.add(f32x4.mul(t, by), centre);
    v128.store(at, f32x4.pmin(f32x4.pmax(value, least), most));
  }
}

export function clampAll(at: usize, end: usize, lower: f32, upper: f32): void {
  const least = lanes(lower);
  const most = lanes(upper);
  for (; at < end; at += 16) {
    v128.store(at, f32x4.pmin(f32x4.pmax(v128.load(at), least), most));
  }
}
