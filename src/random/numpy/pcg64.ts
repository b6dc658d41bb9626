/** PCG64: a 128-bit linear congruential generator, its halves folded and rotated (XSL-RR; O'Neill 2014). */

import type { BitSource } from "./bit-source.ts";
import { type Entropy, seedSequence } from "./seed-sequence.ts";

const MULTIPLIER = (2549297995355413924n << 64n) | 4865540595714422341n;
const MASK = (1n << 128n) - 1n;
/** Numbers of 16 bits: eight products of two, summed, stay whole in float64. */
const LIMBS = 8;

export interface Pcg64 extends BitSource {
  /** The 128-bit state before the next draw, and the increment. */
  readonly state: () => { readonly state: bigint; readonly increment: bigint };
}

/** `np.random.PCG64(seed)`, `steps` draws further on. */
export function createPcg64(seed: Entropy, { steps = 0n }: { readonly steps?: bigint } = {}): Pcg64 {
  const [a = 0n, b = 0n, c = 0n, d = 0n] = seedSequence(seed).longs(4);
  const increment = ((((c << 64n) | d) << 1n) | 1n) & MASK;
  const first = ((increment + ((a << 64n) | b)) * MULTIPLIER + increment) & MASK;
  return fromState(advanced(first, increment, steps), increment);
}

/** Brown 1994, "Random number generation with arbitrary strides". */
function advanced(state: bigint, increment: bigint, steps: bigint): bigint {
  let [multiply, add, power, plus] = [1n, 0n, MULTIPLIER, increment];
  for (let rest = BigInt.asUintN(128, steps); rest > 0n; rest >>= 1n) {
    if (rest & 1n) {
      multiply = (multiply * power) & MASK;
      add = (add * power + plus) & MASK;
    }
    plus = ((power + 1n) * plus) & MASK;
    power = (power * power) & MASK;
  }
  return (multiply * state + add) & MASK;
}

const limbsOf = (value: bigint): Float64Array =>
  Float64Array.from({ length: LIMBS }, (_, i) => Number((value >> BigInt(16 * i)) & 0xffffn));

function fromState(start: bigint, increment: bigint): Pcg64 {
  const state = limbsOf(start);
  const old = new Float64Array(LIMBS);
  const factor = limbsOf(MULTIPLIER);
  const plus = limbsOf(increment);
  let high = 0;
  const step = (): void => {
    old.set(state);
    let carry = 0;
    for (let k = 0; k < LIMBS; k++) {
      let sum = carry + plus[k]!;
      for (let i = 0; i <= k; i++) sum += old[i]! * factor[k - i]!;
      carry = Math.floor(sum / 65536);
      state[k] = sum - carry * 65536;
    }
  };
  const word = (k: number): number => (state[2 * k]! | (state[2 * k + 1]! << 16)) >>> 0;
  return {
    next: () => {
      step();
      const low = word(0) ^ word(2);
      const top = word(1) ^ word(3);
      const turn = word(3) >>> 26;
      const [x, y] = turn < 32 ? [low, top] : [top, low];
      const by = turn & 31;
      if (by === 0) {
        high = y >>> 0;
        return x >>> 0;
      }
      high = ((y >>> by) | (x << (32 - by))) >>> 0;
      return ((x >>> by) | (y << (32 - by))) >>> 0;
    },
    high: () => high,
    state: () => ({ state: state.reduceRight((sum, limb) => (sum << 16n) | BigInt(limb), 0n), increment }),
  };
}
