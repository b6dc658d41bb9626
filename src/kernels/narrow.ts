/** float32 to the 16-bit types by SIMD, rounded to nearest even. */

import { BLOCK_WORDS, checkRange, type Key } from "../random/index.ts";
import { type FillKernel, fillKernel, type MakeBlocks, TILE_WORDS } from "./fill-module.ts";

export type Narrow = "f16" | "bf16";

/** `count` numbers at `at` of the kernel's memory to 16-bit patterns at `out`, eight at a time; `out` may be `at`. */
function narrowAt({ exports }: FillKernel, at: number, count: number, out: number, dtype: Narrow): void {
  const end = at + Math.ceil(count / 8) * 32;
  if (dtype === "f16") exports.toFloat16(at, end, out);
  else exports.toBfloat16(at, end, out);
}

/**
 * Binary16 or bfloat16 patterns of `values` to the beginning of `out`, ties to even; too large becomes ±∞, NaN the quiet one
 * with its sign.
 *
 * @returns false where there is no SIMD: nothing is written then
 * @example narrow(new Float32Array([1]), "bf16", out) // out[0] is 0x3f80
 */
export function narrow(
  values: Float32Array,
  dtype: Narrow,
  out: Uint16Array,
  kernel: FillKernel | null = fillKernel(),
): boolean {
  if (kernel === null) return false;
  const { at, memory, values: tile } = kernel;
  const patterns = new Uint16Array(memory.buffer, at, TILE_WORDS);
  for (let done = 0; done < values.length; done += TILE_WORDS) {
    const count = Math.min(TILE_WORDS, values.length - done);
    tile.set(values.subarray(done, done + count));
    narrowAt(kernel, at, count, at, dtype);
    out.set(patterns.subarray(0, count), done);
  }
  return true;
}

/** Elements `start … start + length` of a key's stream by `make`, tile by tile, as patterns at `at` of the kernel's memory. */
export function narrowBlocks(
  kernel: FillKernel,
  { at, length }: { readonly at: number; readonly length: number },
  { words }: Key,
  start: number,
  make: MakeBlocks,
  dtype: Narrow,
): void {
  checkRange(start, length);
  kernel.exports.setKey(words[0], words[1], words[2], words[3]);
  for (let done = 0; done < length; ) {
    const block = Math.floor((start + done) / BLOCK_WORDS);
    const from = start + done - block * BLOCK_WORDS;
    const count = Math.min(TILE_WORDS - from, length - done);
    make(kernel.exports, kernel.at, block, Math.ceil((from + count) / 32) * 32);
    narrowAt(kernel, kernel.at + from * 4, count, at + done * 2, dtype);
    done += count;
  }
}
