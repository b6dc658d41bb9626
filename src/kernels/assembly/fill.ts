// Entry of the module `fill`: values of a key's stream, from the beginning of a block on.
//
// Each export makes `count` words (a multiple of 8) of the blocks from `block` on at address `at` and turns them into values
// there, block by block in several passes: short chains of operations keep more of a processor busy than one long one, and
// what a pass leaves is in the nearest cache for the next. Passes may read, not write, 64 bytes beyond.

import { ROOM_BYTES, scratch, setRoom } from "./stream/lanes.ts";
import { toBfloat16, toFloat16 } from "./stream/narrow.ts";
import { logs, pairs, shift } from "./stream/normal.ts";
import {
  centralProbabilities,
  centralRatios,
  outerQuantiles,
  placeCentral,
  placeTailed,
  tailLogs,
  tailRatios,
  tails,
} from "./stream/truncated.ts";
import { between, clampAll, symmetric } from "./stream/uniform.ts";
import { BLOCK_BYTES, generate, setKey } from "./stream/words.ts";

export { setKey, setRoom, toBfloat16, toFloat16 };

/** Bytes of an instance's own room, and where memory that no instance's constants use begins. */
export function roomBytes(): usize {
  return ROOM_BYTES;
}

export function firstFree(): usize {
  return (__heap_base + 63) & ~63;
}

export function bits(at: usize, block: f64, count: u32): void {
  for (let next = <u64>block; count > 0; next += 2) {
    const made = generate(at, next, count);
    at += made << 2;
    count -= made;
  }
}

export function uniformSymmetric(at: usize, block: f64, count: u32, step: f32): void {
  for (let next = <u64>block; count > 0; next += 2) {
    const made = generate(at, next, count);
    const end = at + (made << 2);
    symmetric(at, end, step);
    at = end;
    count -= made;
  }
}

export function uniformBetween(
  at: usize,
  block: f64,
  count: u32,
  step: f32,
  middle: f32,
  lower: f32,
  upper: f32,
): void {
  for (let next = <u64>block; count > 0; next += 2) {
    const made = generate(at, next, count);
    const end = at + (made << 2);
    between(at, end, step, middle, lower, upper);
    at = end;
    count -= made;
  }
}

/** Bounds: none where lower > upper. */
export function normal(at: usize, block: f64, count: u32, mean: f32, std: f32, lower: f32, upper: f32): void {
  for (let next = <u64>block; count > 0; next += 2) {
    const made = generate(at, next, count);
    const end = at + (made << 2);
    logs(at, end);
    pairs(at, end, std);
    if (mean !== 0) shift(at, end, mean);
    if (lower <= upper) clampAll(at, end, lower, upper);
    at = end;
    count -= made;
  }
}

export function truncatedUsual(
  at: usize,
  block: f64,
  count: u32,
  mean: f32,
  std: f32,
  lower: f32,
  upper: f32,
  step: f32,
  middle: f32,
): void {
  const ratios = scratch();
  for (let next = <u64>block; count > 0; next += 2) {
    const made = generate(at, next, count);
    const last = at + (made << 2);
    count -= made;
    while (at < last) {
      const end = min(at + BLOCK_BYTES, last);
      centralProbabilities(at, end, step, middle);
      centralRatios(at, end, ratios);
      placeCentral(at, end, ratios, mean, std, lower, upper);
      at = end;
    }
  }
}

export function truncatedTailed(
  at: usize,
  block: f64,
  count: u32,
  mean: f32,
  std: f32,
  lower: f32,
  upper: f32,
  step: f32,
  below: f32,
  above: f32,
): void {
  const ratios = scratch();
  const outer = ratios + BLOCK_BYTES;
  for (let next = <u64>block; count > 0; next += 2) {
    const made = generate(at, next, count);
    const last = at + (made << 2);
    count -= made;
    while (at < last) {
      const end = min(at + BLOCK_BYTES, last);
      tails(at, end, step, below, above);
      tailLogs(at, end, outer);
      outerQuantiles(outer, outer + (end - at));
      tailRatios(at, end, ratios);
      placeTailed(at, end, ratios, outer, mean, std, lower, upper);
      at = end;
    }
  }
}
