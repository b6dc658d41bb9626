/** NumPy's SeedSequence (O'Neill 2015, "Developing a seed_seq alternative"): any seed into words that differ everywhere. */

const INIT_A = 0x43b0d7e5;
const MULTIPLY_A = 0x931e8875;
const INIT_B = 0x8b51f9dd;
const MULTIPLY_B = 0x58f38ded;
const MIX_LEFT = 0xca01f9dd;
const MIX_RIGHT = 0x4973f715;
const POOL = 4;

/** A whole number from 0 on, or several. */
export type Entropy = number | bigint | readonly (number | bigint)[];

export interface SeedSequence {
  readonly pool: Uint32Array;
  /** `generate_state(count)`: 32-bit words. */
  readonly words: (count: number) => Uint32Array;
  /** `generate_state(count, np.uint64)`. */
  readonly longs: (count: number) => bigint[];
  /** The n-th child: `spawn(n + 1)[n]` of a fresh sequence. */
  readonly child: (n: number) => SeedSequence;
}

/** 32-bit words of a whole number, lowest first; 0 is one word. */
function wordsOf(value: number | bigint): number[] {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new RangeError(`numpy stream: a seed is a whole number, got ${value}, use one below 2^53 or a bigint`);
  let rest = BigInt(value);
  if (rest < 0n) throw new RangeError(`numpy stream: a seed is not negative, got ${value}, use 0 or more`);
  const words: number[] = [];
  do {
    words.push(Number(rest & 0xffffffffn));
    rest >>= 32n;
  } while (rest > 0n);
  return words;
}

/**
 * `np.random.SeedSequence(entropy, spawn_key=…, pool_size=…)`.
 *
 * @example seedSequence(0).pool // 4265667335, 1328953910, 1320288413, 3365567143
 */
export function seedSequence(
  entropy: Entropy,
  {
    spawnKey = [],
    poolSize = POOL,
  }: { readonly spawnKey?: readonly (number | bigint)[]; readonly poolSize?: number } = {},
): SeedSequence {
  const own = (typeof entropy === "object" ? entropy : [entropy]).flatMap(wordsOf);
  const key = spawnKey.flatMap(wordsOf);
  // So that the key of a child is never taken for more of the entropy.
  const padding = key.length > 0 ? Math.max(0, poolSize - own.length) : 0;
  const pool = mixed([...own, ...Array.from({ length: padding }, () => 0), ...key], poolSize);
  const words = (count: number) => stateOf(pool, count);
  return {
    pool,
    words,
    longs: (count) => {
      const halves = words(2 * count);
      return Array.from({ length: count }, (_, i) => (BigInt(halves[2 * i + 1]!) << 32n) | BigInt(halves[2 * i]!));
    },
    child: (n) => seedSequence(entropy, { spawnKey: [...spawnKey, n], poolSize }),
  };
}

function mixed(entropy: readonly number[], size: number): Uint32Array {
  let constant = INIT_A;
  const hash = (value: number): number => {
    const before = value ^ constant;
    constant = Math.imul(constant, MULTIPLY_A);
    const word = Math.imul(before, constant);
    return word ^ (word >>> 16);
  };
  const mix = (x: number, y: number): number => {
    const word = Math.imul(MIX_LEFT, x) - Math.imul(MIX_RIGHT, y);
    return (word ^ (word >>> 16)) >>> 0;
  };
  const pool = Uint32Array.from({ length: size }, (_, i) => hash(entropy[i] ?? 0));
  for (let from = 0; from < size; from++)
    for (let to = 0; to < size; to++) if (from !== to) pool[to] = mix(pool[to]!, hash(pool[from]!));
  for (let from = size; from < entropy.length; from++)
    for (let to = 0; to < size; to++) pool[to] = mix(pool[to]!, hash(entropy[from]!));
  return pool;
}

function stateOf(pool: Uint32Array, count: number): Uint32Array {
  let constant = INIT_B;
  return Uint32Array.from({ length: count }, (_, i) => {
    const before = pool[i % pool.length]! ^ constant;
    constant = Math.imul(constant, MULTIPLY_B);
    const word = Math.imul(before, constant);
    return word ^ (word >>> 16);
  });
}
