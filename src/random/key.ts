/** Keys: 128 bits that name one stream of words. A key comes from a seed and a parameter's name, or from another key. */

import { murmur128 } from "./murmur.ts";
import { philox, type Words4 } from "./philox.ts";

/** Version of every stream and fill of this room; it changes when any value changes. Written into files. */
export const STREAM_VERSION = 1;

/** Any safe integer, or a bigint from −2⁶³ to 2⁶⁴ − 1; taken modulo 2⁶⁴, so that −1 and 2⁶⁴ − 1 are the same seed. */
export type Seed = number | bigint;

/** A stream's address: plain data, safe to keep, compare and send to a worker. */
export interface Key {
  readonly words: Words4;
}

/** Second key word of `deriveKey`: "Epo0" in ASCII, apart from the seeds people use. */
const DERIVE = 0x45706f30;

function seedWords(seed: Seed): readonly [number, number] {
  if (typeof seed === "number" && !Number.isSafeInteger(seed))
    throw new RangeError(`createKey: a seed is a whole number up to 2^53, got ${seed}; pass a bigint for larger seeds`);
  const value = BigInt(seed);
  if (value < -(2n ** 63n) || value >= 2n ** 64n)
    throw new RangeError(`createKey: a seed has at most 64 bits, got ${seed}; take one from -2^63 to 2^64 - 1`);
  const unsigned = BigInt.asUintN(64, value);
  return [Number(unsigned & 0xffffffffn), Number(unsigned >> 32n)];
}

/**
 * The key of a parameter's stream: Philox with the seed as key and the name's hash as counter, so that under one seed
 * two names share a stream only if their 128-bit hashes are equal.
 *
 * @param seed see `Seed`.
 * @param name any string; hashed as UTF-8.
 * @throws RangeError when the seed is not a whole number of at most 64 bits.
 * @example createKey(0, "fc1.weight")
 */
export function createKey(seed: Seed, name: string): Key {
  return { words: philox(murmur128(new TextEncoder().encode(name)), seedWords(seed)) };
}

/**
 * An independent stream beside `key`, for draws that need more than one: a block of an orthogonal matrix, a column of
 * a sparse one.
 *
 * @param label 0 … 2³² − 1; different labels give different keys.
 */
export function deriveKey(key: Key, label: number): Key {
  if (!Number.isInteger(label) || label < 0 || label > 0xffffffff)
    throw new RangeError(`deriveKey: a label is a whole number from 0 to 2^32 - 1, got ${label}`);
  return { words: philox(key.words, [label, DERIVE]) };
}
