/** Tensors drawn ahead by several threads while a file is written. */

import { stretchesOf } from "../init/index.ts";
import { encodedTiles, type Pool, threadsPay, withSharedPool } from "../kernels/index.ts";
import type { Slot } from "./slots.ts";
import { elements, TILE } from "./tiles.ts";

/** A tensor's bytes by threads; null where this thread has to make them: structured kinds, other types, small tensors. */
export type ParallelChunks = (slot: Slot) => AsyncGenerator<Uint8Array> | null;

/** Smaller ones are drawn before a thread has been told. */
const LEAST = TILE / 4;

function stretchesOfSlot({ tensor, dtype }: Slot, seed: number) {
  if (tensor === null || (dtype !== "f32" && dtype !== "f16" && dtype !== "bf16")) return null;
  const { initializer, name, shape } = tensor;
  if (elements(shape) < LEAST) return null;
  const stretches = stretchesOf(initializer, { seed, name, shape });
  return stretches === null ? null : { dtype, stretches };
}

function chunksOf(pool: Pool, seed: number, signal: AbortSignal | undefined): ParallelChunks {
  return (slot) => {
    const given = stretchesOfSlot(slot, seed);
    return given === null ? null : encodedTiles(pool, given.stretches, { dtype: given.dtype, signal });
  };
}

/**
 * Runs `write` with threads where the slots' values pay for them, else with none. The bytes are the same.
 *
 * @param seed of this library's own stream; null for another's, which is drawn in order
 */
export async function withThreads(
  slots: readonly Slot[],
  { seed, signal }: { readonly seed: number | null; readonly signal?: AbortSignal | undefined },
  write: (parallel: ParallelChunks) => Promise<void>,
): Promise<void> {
  const none: ParallelChunks = () => null;
  if (seed === null) return write(none);
  const values = slots.reduce(
    (sum, slot) => sum + (stretchesOfSlot(slot, seed) === null ? 0 : elements(slot.shape)),
    0,
  );
  return threadsPay(values) ? withSharedPool((pool) => write(chunksOf(pool, seed, signal))) : write(none);
}
