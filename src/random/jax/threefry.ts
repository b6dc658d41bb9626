/**
 * JAX's keys and bits: Threefry 2×32 with twenty rounds (Salmon 2011) as jax._src.prng uses it, without 64-bit mode. Both
 * layouts: "partitionable" (`jax_threefry_partitionable`, JAX's default from 0.5 on) and the original.
 */

/** Two 32-bit words: what `jax.random.key_data` shows. */
export type JaxKey = readonly [number, number];

export interface JaxLayout {
  /** `jax_threefry_partitionable`. Default true. */
  readonly partitionable?: boolean;
}

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
const PARITY = 0x1bd11bda;

/** One block: the two words of a counter under a key. Writes into `out`. */
export function threefry([k0, k1]: JaxKey, c0: number, c1: number, out: Uint32Array): void {
  const keys = [k0, k1, k0 ^ k1 ^ PARITY] as const;
  let x = (c0 + k0) | 0;
  let y = (c1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const turn of ROTATIONS[group & 1]!) {
      x = (x + y) | 0;
      y = ((y << turn) | (y >>> (32 - turn))) ^ x;
    }
    x = (x + keys[(group + 1) % 3]!) | 0;
    y = (y + keys[(group + 2) % 3]! + group + 1) | 0;
  }
  out[0] = x;
  out[1] = y;
}

/** `jax.random.key(seed)`: the low 32 bits of a whole number, of a negative one in two's complement. */
export function jaxKey(seed: number | bigint): JaxKey {
  if (typeof seed === "number" && !Number.isSafeInteger(seed))
    throw new RangeError(`jax stream: a seed is a whole number within ±2^53 or a bigint, got ${seed}`);
  return [0, Number(BigInt.asUintN(32, BigInt(seed)))];
}

/** `jax.random.fold_in(key, data)`. */
export function foldIn(key: JaxKey, data: number): JaxKey {
  const out = new Uint32Array(2);
  threefry(key, 0, data, out);
  return [out[0]!, out[1]!];
}

/** `jax.random.split(key, count)`. */
export function splitKey(key: JaxKey, count: number, { partitionable = true }: JaxLayout = {}): JaxKey[] {
  if (partitionable) return Array.from({ length: count }, (_, i) => foldIn(key, i));
  const words = jaxBits(key, 2 * count, { partitionable });
  return Array.from({ length: count }, (_, i) => [words[2 * i]!, words[2 * i + 1]!] as const);
}

/** `jax.random.bits(key, (count,))`: 32-bit words; a tensor's are those of its elements in row-major order. */
export function jaxBits(key: JaxKey, count: number, { partitionable = true }: JaxLayout = {}): Uint32Array {
  const words = new Uint32Array(count);
  const out = new Uint32Array(2);
  if (partitionable) {
    for (let i = 0; i < count; i++) {
      threefry(key, Math.floor(i / 2 ** 32), i, out);
      words[i] = out[0]! ^ out[1]!;
    }
    return words;
  }
  // The counter's first half beside its second, an odd one filled up with 0.
  const half = Math.ceil(count / 2);
  for (let i = 0; i < half; i++) {
    threefry(key, i, half + i < count ? half + i : 0, out);
    words[i] = out[0]!;
    if (half + i < count) words[half + i] = out[1]!;
  }
  return words;
}
