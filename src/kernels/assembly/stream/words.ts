// The words of docs/streams.md: Philox4x32-10 seeds four lanes of a block, xoshiro128++ runs them in step, one lane a
// 32-bit part of a 128-bit register.

const MULTIPLIER_0: u64 = 0xd2511f53;
const MULTIPLIER_1: u64 = 0xcd9e8d57;
const WEYL_0: u32 = 0x9e3779b9;
const WEYL_1: u32 = 0xbb67ae85;

/** Words 0 … 3 of the four lanes, lane by lane within a word: the transpose of what Philox gives. */
const states = memory.data(64, 16);

function seedLane(lane: u32, blockLow: u32, blockHigh: u32, k0: u32, k1: u32, k2: u32, k3: u32): void {
  let c0 = blockLow;
  let c1 = (blockHigh << 2) | lane;
  let c2 = k2;
  let c3 = k3;
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
  const at = states + (lane << 2);
  store<u32>(at, c0);
  store<u32>(at, c1, 16);
  store<u32>(at, c2, 32);
  store<u32>(at, c3, 48);
}

/** `steps` outputs of each lane of a block, 16 bytes a step, from `out` on. */
export function generateBlock(out: usize, block: u64, k0: u32, k1: u32, k2: u32, k3: u32, steps: u32): void {
  const low = <u32>block;
  const high = <u32>(block >> 32);
  for (let lane: u32 = 0; lane < 4; lane++) seedLane(lane, low, high, k0, k1, k2, k3);
  let s0 = v128.load(states);
  let s1 = v128.load(states, 16);
  let s2 = v128.load(states, 32);
  let s3 = v128.load(states, 48);
  for (const end = out + (steps << 4); out < end; out += 16) {
    const sum = i32x4.add(s0, s3);
    v128.store(out, i32x4.add(v128.or(i32x4.shl(sum, 7), i32x4.shr_u(sum, 25)), s0));
    const t = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, t);
    s3 = v128.or(i32x4.shl(s3, 11), i32x4.shr_u(s3, 21));
  }
}
