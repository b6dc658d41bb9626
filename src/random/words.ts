/**
 * The stream itself: 32-bit words in blocks of 2048, any block reachable at once.
 *
 * Word 4j + l of block b is the j-th output of lane l: a xoshiro128++ generator (Blackman & Vigna 2021) whose state is
 * Philox4x32-10 of the block number, the lane and the key. Four lanes in step are what a 128-bit SIMD unit does at once.
 */

import type { Key } from "./key.ts";
import { philox, type Words4 } from "./philox.ts";

/** Words of a block; also the unit of work below which random access repeats some generation. */
export const BLOCK_WORDS = 2048;
export const LANES = 4;

/** State of one lane at the start of a block. Blocks go to 2⁶²; the zero state, which xoshiro cannot leave, becomes 1. */
export function laneState(key: Key, block: number, lane: number): Words4 {
  const [k0, k1, k2, k3] = key.words;
  const low = block % 0x100000000;
  const high = Math.floor(block / 0x100000000);
  const state = philox([low, ((high << 2) | lane) >>> 0, k2, k3], [k0, k1]);
  return (state[0] | state[1] | state[2] | state[3]) === 0 ? [1, 0, 0, 0] : state;
}

/** Runs lanes `lane` and `lane + 1` for `steps` outputs each, side by side: two chains hide each other's latency. */
function runTwoLanes(out: Int32Array, first: Words4, second: Words4, lane: number, steps: number): void {
  let [a0, a1, a2, a3] = first;
  let [b0, b1, b2, b3] = second;
  a0 |= 0;
  a1 |= 0;
  a2 |= 0;
  a3 |= 0;
  b0 |= 0;
  b1 |= 0;
  b2 |= 0;
  b3 |= 0;
  const end = steps * LANES;
  for (let i = lane; i < end; i += LANES) {
    const a = (a0 + a3) | 0;
    out[i] = ((a << 7) | (a >>> 25)) + a0;
    const b = (b0 + b3) | 0;
    out[i + 1] = ((b << 7) | (b >>> 25)) + b0;
    const s = a1 << 9;
    a2 ^= a0;
    a3 ^= a1;
    a1 ^= a2;
    a0 ^= a3;
    a2 ^= s;
    a3 = (a3 << 11) | (a3 >>> 21);
    const t = b1 << 9;
    b2 ^= b0;
    b3 ^= b1;
    b1 ^= b2;
    b0 ^= b3;
    b2 ^= t;
    b3 = (b3 << 11) | (b3 >>> 21);
  }
}

/** Writes at least the first `count` words of a block into `out` (length BLOCK_WORDS), as signed integers. */
export function generateBlock(out: Int32Array, key: Key, block: number, count: number): void {
  const steps = Math.ceil(Math.min(count, BLOCK_WORDS) / LANES);
  runTwoLanes(out, laneState(key, block, 0), laneState(key, block, 1), 0, steps);
  runTwoLanes(out, laneState(key, block, 2), laneState(key, block, 3), 2, steps);
}

/** Part of a block: words `from … to` of it belong to `out[at …]` of a fill. */
export type BlockVisitor = (words: Int32Array, from: number, to: number, at: number) => void;

/** @throws RangeError when an element index is not a whole number from 0 to 2⁵³. */
export function checkRange(start: number, length: number): void {
  if (!Number.isSafeInteger(start) || start < 0 || !Number.isSafeInteger(start + length))
    throw new RangeError(`fill: an element index is a whole number from 0 to 2^53, got ${start} + ${length}`);
}

/**
 * Generates words `start … start + length` of a key's stream, block by block.
 *
 * @param unit words that are used together (8 for normals): whole units are generated.
 * @throws RangeError when `start` is not a whole number from 0 to 2⁵³.
 */
export function visitWords(key: Key, start: number, length: number, unit: number, visit: BlockVisitor): void {
  checkRange(start, length);
  const words = new Int32Array(BLOCK_WORDS);
  let at = 0;
  while (at < length) {
    const from = (start + at) % BLOCK_WORDS;
    const to = Math.min(BLOCK_WORDS, from + length - at);
    generateBlock(words, key, Math.floor((start + at) / BLOCK_WORDS), Math.ceil(to / unit) * unit);
    visit(words, from, to, at);
    at += to - from;
  }
}

/**
 * Raw words `start … start + out.length` of a key's stream.
 *
 * @example fillBits(new Uint32Array(4), createKey(0, "w"), 0)
 */
export function fillBits(out: Uint32Array, key: Key, start: number): void {
  visitWords(key, start, out.length, 1, (words, from, to, at) => {
    for (let i = from; i < to; i++) out[at + i - from] = words[i]!;
  });
}
