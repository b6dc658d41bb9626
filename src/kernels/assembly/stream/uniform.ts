// Words to uniform values, in place, as src/random/uniform.ts has it. Those around 0 are made with the words (words.ts).

import { lanes } from "./lanes.ts";

/** Numbers of `generate<f32>`, moved. */
export function shift(at: usize, end: usize, middle: f32): void {
  const by = lanes(middle);
  for (; at < end; at += 16) v128.store(at, f32x4.add(v128.load(at), by));
}

export function clampAll(at: usize, end: usize, lower: f32, upper: f32): void {
  const least = lanes(lower);
  const most = lanes(upper);
  for (; at < end; at += 16) {
    v128.store(at, f32x4.pmin(f32x4.pmax(v128.load(at), least), most));
  }
}
