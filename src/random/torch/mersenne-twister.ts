/** MT19937 (Matsumoto & Nishimura 1998), the generator behind PyTorch's CPU draws. */

const SIZE = 624;
const MIDDLE = 397;
const MATRIX = 0x9908b0df;
const UPPER = 0x80000000;
const LOWER = 0x7fffffff;

/** A source of 32-bit words, in order; there is no way back. */
export interface WordSource {
  /** The next word, 0 … 2^32 − 1. */
  readonly next: () => number;
}

/** The low 32 bits of a seed: all that this generator takes (2^40 + 5 is 5, −1 is 2^32 − 1). */
export function lowWord(seed: number | bigint): number {
  if (typeof seed === "number" && !Number.isSafeInteger(seed))
    throw new RangeError(`torch stream: a seed is a whole number within ±2^53 or a bigint, got ${seed}`);
  return Number(BigInt.asUintN(32, BigInt(seed)));
}

/**
 * MT19937 seeded by `init_genrand` with the low 32 bits of `seed`.
 *
 * @example createMersenneTwister(5489).next() // 3499211612
 */
export function createMersenneTwister(seed: number | bigint): WordSource {
  const state = new Uint32Array(SIZE);
  state[0] = lowWord(seed);
  for (let i = 1; i < SIZE; i++) {
    const before = state[i - 1]!;
    state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
  }
  let at = SIZE;
  return {
    next: () => {
      if (at === SIZE) {
        refill(state);
        at = 0;
      }
      let word = state[at++]!;
      word ^= word >>> 11;
      word ^= (word << 7) & 0x9d2c5680;
      word ^= (word << 15) & 0xefc60000;
      return (word ^ (word >>> 18)) >>> 0;
    },
  };
}

function refill(state: Uint32Array): void {
  for (let i = 0; i < SIZE; i++) {
    const mixed = (state[i]! & UPPER) | (state[(i + 1) % SIZE]! & LOWER);
    state[i] = state[(i + MIDDLE) % SIZE]! ^ (mixed >>> 1) ^ (mixed & 1 ? MATRIX : 0);
  }
}
