/** The order in which training meets the rows, from a seed alone. */

import { createKey, deriveKey, fillBits, type Key, type Seed } from "../../random/index.ts";

/**
 * Endless batches of rows: each pass visits every row once, in an order that (seed, pass) alone decides, the same for
 * every run that it is given to. A pass that does not fill the last batch goes on in the next one.
 */
export function* batchOrder(count: number, batch: number, seed: Seed): Generator<Int32Array, never> {
  const key = createKey(seed, "epoch0 training: order of the rows");
  let pass = 0;
  let order = permutation(count, deriveKey(key, pass));
  let at = 0;
  for (;;) {
    const rows = new Int32Array(batch);
    for (let i = 0; i < batch; i++) {
      if (at === count) {
        order = permutation(count, deriveKey(key, ++pass));
        at = 0;
      }
      rows[i] = order[at++]!;
    }
    yield rows;
  }
}

/** Fisher and Yates; a word's remainder is off uniform by less than count · 2⁻³². */
export function permutation(count: number, key: Key): Int32Array {
  const words = new Uint32Array(count);
  fillBits(words, key, 0);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((words[i]! / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
