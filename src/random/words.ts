/**
 * The stream itself: 32-bit words in blocks of 4096, any block reachable at once.
 *
 * Within a block runs SHISHUA (Tyl 2020): four rows of four 64-bit numbers, made for SIMD, 32 words a round from a handful of
 * additions, shifts and shuffles a row. Philox4x32-10 of the block number and the key fills all 1024 bits of a block's state.
 */

import type { Key } from "./key.ts";
import { philox } from "./philox.ts";

/** Words of a block; also the unit of work below which random access repeats some generation. */
export const BLOCK_WORDS = 4096;
/** Words of a round, and of a state: rows a, b, c, d of eight, low words first. */
const ROUND_WORDS = 32;
const ROW_WORDS = 8;

/** Blocks go to 2⁶¹. */
function seedBlock(state: Int32Array, { words: [k0, k1, k2, k3] }: Key, block: number): void {
  const low = block % 0x100000000;
  const high = Math.floor(block / 0x100000000) * 8;
  for (let i = 0; i < ROW_WORDS; i++) state.set(philox([low, high + i, k2, k3], [k0, k1]), 4 * i);
}

/** sum[at …] += row of `terms` at `from`, as four numbers of 64 bits. */
function addRow(sum: Int32Array, at: number, terms: Int32Array, from: number): void {
  for (let i = 0; i < ROW_WORDS; i += 2) {
    const low = (sum[at + i]! + terms[from + i]!) | 0;
    const carry = low >>> 0 < terms[from + i]! >>> 0 ? 1 : 0;
    sum[at + i] = low;
    sum[at + i + 1]! += terms[from + i + 1]! + carry;
  }
}

/** What a round makes of a row: its numbers shifted to the right, and its words turned round. */
interface Parts {
  readonly shifted: Int32Array;
  readonly turned: Int32Array;
}

function splitRow(state: Int32Array, { shifted, turned }: Parts, at: number, by: number, turn: number): void {
  for (let i = 0; i < ROW_WORDS; i += 2) {
    const high = state[at + i + 1]!;
    shifted[at + i] = (state[at + i]! >>> by) | (high << (32 - by));
    shifted[at + i + 1] = high >>> by;
  }
  for (let i = 0; i < ROW_WORDS; i++) turned[at + i] = state[at + ((i + turn) % ROW_WORDS)]!;
}

/** Increments of the four counters, which keep a state from coming back. */
const INCREMENTS = Int32Array.of(7, 0, 5, 0, 3, 0, 1, 0);
const [A, B, C, D] = [0, 8, 16, 24];

/** Writes at least the first `count` words of a block into `out` (length BLOCK_WORDS), as signed integers. */
export function generateBlock(out: Int32Array, key: Key, block: number, count: number): void {
  const state = new Int32Array(ROUND_WORDS);
  const parts = { shifted: new Int32Array(ROUND_WORDS), turned: new Int32Array(ROUND_WORDS) };
  const { shifted, turned } = parts;
  const counter = new Int32Array(ROW_WORDS);
  seedBlock(state, key, block);
  const end = Math.min(count, BLOCK_WORDS);
  for (let at = 0; at < end; at += ROUND_WORDS) {
    addRow(state, B, counter, 0);
    addRow(state, D, counter, 0);
    addRow(counter, 0, INCREMENTS, 0);
    splitRow(state, parts, A, 1, 5);
    splitRow(state, parts, B, 3, 3);
    splitRow(state, parts, C, 1, 5);
    splitRow(state, parts, D, 3, 3);
    state.set(turned);
    for (let row = A; row <= D; row += ROW_WORDS) addRow(state, row, shifted, row);
    for (let i = 0; i < ROW_WORDS; i++) {
      out[at + A + i] = shifted[A + i]! ^ turned[B + i]!;
      out[at + B + i] = shifted[C + i]! ^ turned[D + i]!;
      out[at + C + i] = state[A + i]! ^ state[D + i]!;
      out[at + D + i] = state[C + i]! ^ state[B + i]!;
    }
  }
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
 * @throws RangeError when `start` is not a whole number from 0 to 2⁵³.
 */
export function visitWords(key: Key, start: number, length: number, visit: BlockVisitor): void {
  checkRange(start, length);
  const words = new Int32Array(BLOCK_WORDS);
  let at = 0;
  while (at < length) {
    const from = (start + at) % BLOCK_WORDS;
    const to = Math.min(BLOCK_WORDS, from + length - at);
    generateBlock(words, key, Math.floor((start + at) / BLOCK_WORDS), to);
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
  visitWords(key, start, out.length, (words, from, to, at) => {
    for (let i = from; i < to; i++) out[at + i - from] = words[i]!;
  });
}
