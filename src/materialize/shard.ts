/** Which tensors belong to which part of n: whole tensors, in order, about equal in bytes. */

/** `index` counts from 1 to `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * The tensors of one shard: a contiguous run of the list. A tensor goes to the part that its middle byte falls in, so
 * the parts together are the whole, each tensor once, whatever machine computes them. A part can be empty where there
 * are more parts than tensors, and no part exceeds the mean by more than the largest tensor.
 *
 * @throws RangeError for an index outside 1 … count
 * @example shardOf(["a", "b", "c"], () => 4, { index: 1, count: 3 }) // ["a"]
 */
export function shardOf<Tensor>(
  tensors: readonly Tensor[],
  bytes: (tensor: Tensor) => number,
  { index, count }: Shard,
): Tensor[] {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count) || index < 1 || index > count) {
    throw new RangeError(`shard: i/n with 1 ≤ i ≤ n, got ${index}/${count}, count parts from 1`);
  }
  const total = tensors.reduce((sum, tensor) => sum + bytes(tensor), 0);
  let before = 0;
  return tensors.filter((tensor) => {
    const size = bytes(tensor);
    const middle = before + size / 2;
    before += size;
    const part = total === 0 ? 0 : Math.min(count - 1, Math.floor((middle / total) * count));
    return part === index - 1;
  });
}
