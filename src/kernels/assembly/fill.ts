// Entry of the module `fill`: values of the stream, block by block, into the tile that begins at `tile()`.
//
// A key and a first block are set once, then `words` makes blocks of 2048 words and the other exports turn them, in place,
// into values. Addresses are bytes and multiples of 16.

import { uniformBetween, uniformSymmetric } from "./stream/uniform.ts";
import { generateBlock } from "./stream/words.ts";

const BLOCK_WORDS: u32 = 2048;

/** Where free memory begins; the caller grows the memory to what it needs. */
export function tile(): usize {
  return (__heap_base + 63) & ~63;
}

/** `count` words (a multiple of 4) of the blocks from `block` on. */
export function words(block: f64, k0: u32, k1: u32, k2: u32, k3: u32, count: u32): void {
  let at = tile();
  for (let next = <u64>block; count > 0; next++) {
    const now = count < BLOCK_WORDS ? count : BLOCK_WORDS;
    generateBlock(at, next, k0, k1, k2, k3, now >> 2);
    at += now << 2;
    count -= now;
  }
}

export { uniformBetween, uniformSymmetric };
