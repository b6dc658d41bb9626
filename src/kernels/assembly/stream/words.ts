// The words of docs/streams.md: Philox4x32-10 seeds a block, SHISHUA runs it, a row of 256 bits in two registers. Rows a, b, c, d,
// `…0` their first half.

import { lanes, ones, states } from "./lanes.ts";

const MULTIPLIER_0: u64 = 0xd2511f53;
const MULTIPLIER_1: u64 = 0xcd9e8d57;
const WEYL_0: u32 = 0x9e3779b9;
const WEYL_1: u32 = 0xbb67ae85;

export const BLOCK_WORDS: u32 = 4096;

const increments = memory.data<u64>([7, 5, 3, 1], 16);

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

/** Words 4i … 4i + 3 of a block's state. */
function seedPart(at: usize, block: u64, i: u32): void {
  let c0 = <u32>block;
  let c1 = ((<u32>(block >> 32)) << 3) | i;
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
  at += i << 4;
  store<u32>(at, c0);
  store<u32>(at, c1, 4);
  store<u32>(at, c2, 8);
  store<u32>(at, c3, 12);
}

/** Of two registers one after the other: words 1 … 4. */
function fromFirst(low: v128, high: v128): v128 {
  return i32x4.shuffle(low, high, 1, 2, 3, 4);
}

/** Words 3 … 6. */
function fromThird(low: v128, high: v128): v128 {
  return i32x4.shuffle(low, high, 3, 4, 5, 6);
}

/** A word as it is (T is u32), or as a uniform number between −2³¹·step and 2³¹·step (T is f32). */
function put<T>(at: usize, word: v128, one: v128, by: v128): void {
  if (isFloat<T>()) v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(v128.or(word, one)), by));
  else v128.store(at, word);
}

/** `at … end` from the beginning of a block; whole rounds of 128 bytes are written. */
export function generate<T>(at: usize, end: usize, block: u64, step: f32): void {
  const state = states();
  for (let i: u32 = 0; i < 8; i++) seedPart(state, block, i);
  const one = v128.load(ones);
  const by = lanes(step);
  const add0 = v128.load(increments);
  const add1 = v128.load(increments, 16);
  let n0 = i64x2.splat(0);
  let n1 = i64x2.splat(0);
  let a0 = v128.load(state);
  let a1 = v128.load(state, 16);
  let b0 = v128.load(state, 32);
  let b1 = v128.load(state, 48);
  let c0 = v128.load(state, 64);
  let c1 = v128.load(state, 80);
  let d0 = v128.load(state, 96);
  let d1 = v128.load(state, 112);
  for (; at < end; at += 128) {
    b0 = i64x2.add(b0, n0);
    b1 = i64x2.add(b1, n1);
    d0 = i64x2.add(d0, n0);
    d1 = i64x2.add(d1, n1);
    n0 = i64x2.add(n0, add0);
    n1 = i64x2.add(n1, add1);
    let shifted0 = i64x2.shr_u(a0, 1);
    let shifted1 = i64x2.shr_u(a1, 1);
    let turned0 = fromThird(b0, b1);
    let turned1 = fromThird(b1, b0);
    put<T>(at, v128.xor(shifted0, turned0), one, by);
    put<T>(at + 16, v128.xor(shifted1, turned1), one, by);
    const last = a0;
    a0 = i64x2.add(fromFirst(a1, a0), shifted0);
    a1 = i64x2.add(fromFirst(last, a1), shifted1);
    b0 = i64x2.add(turned0, i64x2.shr_u(b0, 3));
    b1 = i64x2.add(turned1, i64x2.shr_u(b1, 3));
    shifted0 = i64x2.shr_u(c0, 1);
    shifted1 = i64x2.shr_u(c1, 1);
    turned0 = fromThird(d0, d1);
    turned1 = fromThird(d1, d0);
    put<T>(at + 32, v128.xor(shifted0, turned0), one, by);
    put<T>(at + 48, v128.xor(shifted1, turned1), one, by);
    const other = c0;
    c0 = i64x2.add(fromFirst(c1, c0), shifted0);
    c1 = i64x2.add(fromFirst(other, c1), shifted1);
    d0 = i64x2.add(turned0, i64x2.shr_u(d0, 3));
    d1 = i64x2.add(turned1, i64x2.shr_u(d1, 3));
    put<T>(at + 64, v128.xor(a0, d0), one, by);
    put<T>(at + 80, v128.xor(a1, d1), one, by);
    put<T>(at + 96, v128.xor(c0, b0), one, by);
    put<T>(at + 112, v128.xor(c1, b1), one, by);
  }
}
