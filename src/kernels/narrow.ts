/** float32 to the 16-bit types by SIMD, rounded to nearest even. */

import { type FillKernel, fillKernel, TILE_WORDS } from "./fill-module.ts";

export type Narrow = "f16" | "bf16";

/** Numbers `at … end` (bytes, a multiple of 32) of the kernel's memory, in place: the first half holds the result. */
function narrowInPlace({ exports }: FillKernel, at: number, end: number, dtype: Narrow): void {
  if (dtype === "f16") exports.toFloat16(at, end, at);
  else exports.toBfloat16(at, end, at);
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
    narrowInPlace(kernel, at, at + Math.ceil(count / 8) * 32, dtype);
    out.set(patterns.subarray(0, count), done);
  }
  return true;
}
