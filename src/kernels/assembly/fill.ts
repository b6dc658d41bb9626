// Entry of the module `fill`: values of a key's stream, from the beginning of a block on.
//
// Each export makes `count` words (a multiple of 32) of the blocks from `block` on at address `at` and turns them into values
// there, block by block in few passes: what a pass leaves is in the nearest cache for the next, and short chains of operations
// keep more of a processor busy than one long one.

import { CHUNK_BYTES, ROOM_BYTES, scratch, setRoom } from "./stream/lanes.ts";
import { toBfloat16, toFloat16 } from "./stream/narrow.ts";
import { pairs } from "./stream/normal.ts";
import {
  broadLogs,
  broadRatios,
  centralRatios,
  outerQuantiles,
  placeCentral,
  placeTailed,
  tailLogs,
  tailRatios,
  tails,
} from "./stream/truncated.ts";
import { clampAll, shift } from "./stream/uniform.ts";
import { BLOCK_WORDS, generate, setKey } from "./stream/words.ts";

export { setKey, setRoom, toBfloat16, toFloat16 };

/** Bytes of an instance's own room, and where memory that no instance's constants use begins. */
export function roomBytes(): usize {
  return ROOM_BYTES;
}

export function firstFree(): usize {
  return (__heap_base + 63) & ~63;
}

/** End of the block that begins at `at`, or of all. */
function blockEnd(at: usize, end: usize): usize {
  return min(end, at + (BLOCK_WORDS << 2));
}

export function bits(at: usize, block: f64, count: u32): void {
  const end = at + (count << 2);
  for (let next = <u64>block; at < end; next++) {
    const stop = blockEnd(at, end);
    generate<u32>(at, stop, next, 0);
    at = stop;
  }
}

/** Around 0; or, where lower ≤ upper, moved by `middle` and kept within these bounds. */
export function uniform(at: usize, block: f64, count: u32, step: f32, middle: f32, lower: f32, upper: f32): void {
  const end = at + (count << 2);
  for (let next = <u64>block; at < end; next++) {
    const stop = blockEnd(at, end);
    generate<f32>(at, stop, next, step);
    if (lower <= upper) {
      shift(at, stop, middle);
      clampAll(at, stop, lower, upper);
    }
    at = stop;
  }
}

export function normal(at: usize, block: f64, count: u32, mean: f32, scale: f32, lower: f32, upper: f32): void {
  const end = at + (count << 2);
  for (let next = <u64>block; at < end; next++) {
    const stop = blockEnd(at, end);
    generate<u32>(at, stop, next, 0);
    pairs(at, stop, scale);
    if (mean !== 0) shift(at, stop, mean);
    if (lower <= upper) clampAll(at, stop, lower, upper);
    at = stop;
  }
}

/** Cuts at two standard deviations or less, or (broad) at three. */
export function truncatedCentral(
  at: usize,
  block: f64,
  count: u32,
  mean: f32,
  std: f32,
  lower: f32,
  upper: f32,
  step: f32,
  middle: f32,
  broad: bool,
): void {
  const ratios = scratch();
  const end = at + (count << 2);
  for (let next = <u64>block; at < end; next++) {
    const stop = blockEnd(at, end);
    generate<f32>(at, stop, next, step);
    if (middle !== 0) shift(at, stop, middle);
    while (at < stop) {
      const to = min(at + CHUNK_BYTES, stop);
      if (broad) {
        broadLogs(at, to, ratios);
        broadRatios(ratios, ratios + (to - at));
      } else centralRatios(at, to, ratios);
      placeCentral(at, to, ratios, mean, std, lower, upper);
      at = to;
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
  const outer = ratios + CHUNK_BYTES;
  const end = at + (count << 2);
  for (let next = <u64>block; at < end; next++) {
    const stop = blockEnd(at, end);
    generate<u32>(at, stop, next, 0);
    while (at < stop) {
      const to = min(at + CHUNK_BYTES, stop);
      tails(at, to, step, below, above);
      tailLogs(at, to, outer);
      outerQuantiles(outer, outer + (to - at));
      tailRatios(at, to, ratios);
      placeTailed(at, to, ratios, outer, mean, std, lower, upper);
      at = to;
    }
  }
}
