/** Tensors drawn ahead by several threads while files are written: across tensors and files, so that neither waits for the other. */

import { stretchesOf } from "../init/index.ts";
import { type Pool, type Stretch, sharedTiles, threadsPay, withSharedPool } from "../kernels/index.ts";
import { bytesOf, type Slot } from "./slots.ts";
import { elements, TILE } from "./tiles.ts";

/**
 * A tensor's bytes by threads; null where this thread has to make them: structured kinds, other types, small tensors. Tensors are
 * asked for in order, each to its end.
 */
export type ParallelChunks = (slot: Slot) => AsyncIterable<Uint8Array> | null;

/** Smaller ones are drawn before a thread has been told. */
const LEAST = TILE / 4;

function stretchesOfSlot({ tensor, dtype }: Slot, seed: number): Stretch[] | null {
  if (tensor === null || (dtype !== "f32" && dtype !== "f16" && dtype !== "bf16")) return null;
  const { initializer, name, shape } = tensor;
  if (elements(shape) < LEAST) return null;
  return stretchesOf(initializer, { seed, name, shape })?.map((stretch) => ({ ...stretch, dtype })) ?? null;
}

function drawnAhead(
  pool: Pool,
  stretches: ReadonlyMap<Slot, readonly Stretch[]>,
  signal: AbortSignal | undefined,
): ParallelChunks {
  const tiles = sharedTiles(pool, [...stretches.values()].flat(), { signal });
  const order = stretches.keys();
  async function* chunksOf(slot: Slot): AsyncGenerator<Uint8Array> {
    if (order.next().value !== slot)
      throw new Error(`materialize ${slot.name}: asked for out of order, write in order`);
    for (let left = bytesOf(slot); left > 0; ) {
      const { value } = await tiles.next();
      if (!value) throw new Error(`materialize ${slot.name}: ${left} bytes were not drawn, draw with one thread`);
      left -= value.length;
      yield value;
    }
  }
  return (slot) => (stretches.has(slot) ? chunksOf(slot) : null);
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
  const stretches = new Map<Slot, readonly Stretch[]>();
  if (seed !== null)
    for (const slot of slots) {
      const found = stretchesOfSlot(slot, seed);
      if (found !== null) stretches.set(slot, found);
    }
  const values = [...stretches.keys()].reduce((sum, { shape }) => sum + elements(shape), 0);
  if (!threadsPay(values)) return write(() => null);
  return withSharedPool((pool) => write(drawnAhead(pool, stretches, signal)));
}
