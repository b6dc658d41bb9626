// The words of docs/streams.md: Philox4x32-10 seeds four lanes of a block, xoshiro128++ runs them in step, one lane a
// 32-bit part of a 128-bit register.

import { states } from "./lanes.ts";

const MULTIPLIER_0: u64 = 0xd2511f53;
const MULTIPLIER_1: u64 = 0xcd9e8d57;
const WEYL_0: u32 = 0x9e3779b9;
const WEYL_1: u32 = 0xbb67ae85;

export const BLOCK_WORDS: u32 = 2048;
export const BLOCK_BYTES: usize = 8192;

let key0: u32 = 0;
let key1: u32 = 0;
let key2: u32 = 0;
let key3: u32 = 0;

/** The key of the fills that follow. */
export function setKey(k0: u32, k1: u32, k2: u32, k3: u32): void {
  key0 = k0;
  key1 = k1;
  key2 = k2;
  key3 = k3;
}

/** State words 0 … 3 of the four lanes, lane by lane within a word: the transpose of what Philox gives. */
function seedLane(at: usize, lane: u32, block: u64): void {
  let c0 = <u32>block;
  let c1 = ((<u32>(block >> 32)) << 2) | lane;
  let c2 = key2;
  let c3 = key3;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const product0 = MULTIPLIER_0 * c0;
    const product1 = MULTIPLIER_1 * c2;
    c0 = <u32>(product1 >> 32) ^ c1 ^ k0;
    c1 = <u32>product1;
    c2 = <u32>(product0 >> 32) ^ c3 ^ k1;
    c3 = <u32>product0;
    k0 += WEYL_0;
    k1 += WEYL_1;
  }
  if ((c0 | c1 | c2 | c3) === 0) c0 = 1;
  at += lane << 2;
  store<u32>(at, c0);
  store<u32>(at, c1, 16);
  store<u32>(at, c2, 32);
  store<u32>(at, c3, 48);
}

function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

function output(s0: v128, s3: v128): v128 {
  return i32x4.add(rotate(i32x4.add(s0, s3), 7), s0);
}

/** `steps` outputs of each lane of the block whose states are at `at`. */
function one(out: usize, at: usize, steps: u32): void {
  let s0 = v128.load(at);
  let s1 = v128.load(at, 16);
  let s2 = v128.load(at, 32);
  let s3 = v128.load(at, 48);
  for (const end = out + (steps << 4); out < end; out += 16) {
    v128.store(out, output(s0, s3));
    const t = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, t);
    s3 = rotate(s3, 11);
  }
}

/** Two whole blocks side by side: two chains hide each other's latency. */
function two(out: usize): void {
  const at = states();
  let s0 = v128.load(at);
  let s1 = v128.load(at, 16);
  let s2 = v128.load(at, 32);
  let s3 = v128.load(at, 48);
  let r0 = v128.load(at, 64);
  let r1 = v128.load(at, 80);
  let r2 = v128.load(at, 96);
  let r3 = v128.load(at, 112);
  for (const end = out + BLOCK_BYTES; out < end; out += 16) {
    v128.store(out, output(s0, s3));
    let t = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, t);
    s3 = rotate(s3, 11);
    v128.store(out, output(r0, r3), BLOCK_BYTES);
    t = i32x4.shl(r1, 9);
    r2 = v128.xor(r2, r0);
    r3 = v128.xor(r3, r1);
    r1 = v128.xor(r1, r2);
    r0 = v128.xor(r0, r3);
    r2 = v128.xor(r2, t);
    r3 = rotate(r3, 11);
  }
}

/** Words of `block` and, if `count` reaches that far, of the one after it. Returns how many: `count` or two blocks. */
export function generate(out: usize, block: u64, count: u32): u32 {
  const first = states();
  const second = first + 64;
  for (let lane: u32 = 0; lane < 4; lane++) seedLane(first, lane, block);
  if (count <= BLOCK_WORDS) {
    one(out, first, count >> 2);
    return count;
  }
  for (let lane: u32 = 0; lane < 4; lane++) seedLane(second, lane, block + 1);
  if (count < 2 * BLOCK_WORDS) {
    one(out, first, BLOCK_WORDS >> 2);
    one(out + BLOCK_BYTES, second, (count - BLOCK_WORDS) >> 2);
    return count;
  }
  two(out);
  return 2 * BLOCK_WORDS;
}
