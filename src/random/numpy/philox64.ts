/** Philox 4×64 with ten rounds (Salmon 2011), as NumPy runs it: the counter moves on before each block of four. */

import type { BitSource } from "./bit-source.ts";
import { type Entropy, seedSequence } from "./seed-sequence.ts";

const MULTIPLY = [0xd2e7470ee14c6c93n, 0xca5a826395121157n] as const;
const WEYL = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn] as const;
const ROUNDS = 10;
const MASK = (1n << 64n) - 1n;
const COUNTER = (1n << 256n) - 1n;

export interface PhiloxOptions {
  /** Two 64-bit words. Default: from the seed. */
  readonly key?: readonly [bigint, bigint];
  /** 256 bits. Default 0. */
  readonly counter?: bigint;
}

/** `np.random.Philox(seed)`, or with a key and counter of one's own. */
export function createPhilox64(seed: Entropy, { key, counter = 0n }: PhiloxOptions = {}): BitSource {
  const [first = 0n, second = 0n] = key ?? seedSequence(seed).longs(2);
  let at = counter;
  let block: readonly bigint[] = [];
  let taken = 4;
  let high = 0;
  return {
    next: () => {
      if (taken === 4) {
        at = (at + 1n) & COUNTER;
        block = rounds(at, first, second);
        taken = 0;
      }
      const value = block[taken++]!;
      high = Number(value >> 32n);
      return Number(value & 0xffffffffn);
    },
    high: () => high,
  };
}

function rounds(counter: bigint, first: bigint, second: bigint): readonly bigint[] {
  let [a, b, c, d] = [0n, 64n, 128n, 192n].map((shift) => (counter >> shift) & MASK) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  let [k, l] = [first, second];
  for (let round = 0; round < ROUNDS; round++) {
    const left = a * MULTIPLY[0];
    const right = c * MULTIPLY[1];
    [a, b, c, d] = [(right >> 64n) ^ b ^ k, right & MASK, (left >> 64n) ^ d ^ l, left & MASK];
    [k, l] = [(k + WEYL[0]) & MASK, (l + WEYL[1]) & MASK];
  }
  return [a, b, c, d];
}
