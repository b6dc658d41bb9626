/** Fills by several threads: the bits of one. */

import { type Fill, runFill } from "../fill.ts";
import { kernelMemoryOf } from "./memory.ts";
import type { Place } from "./messages.ts";
import { type Pool, withSharedPool } from "./pool.ts";
import { cores, haveThreads } from "./thread.ts";
import { hasKernels } from "./work.ts";

/**
 * Values below which threads do not pay: the first task of a pool waits some 40 ms for its threads, in which one thread
 * draws 30 million values.
 */
export const PAYS = 2 ** 25;
/** Values of one task: under a millisecond of work, ten times what sending it takes. */
export const PIECE = 2 ** 20;
/** A thread's largest task where values need no buffer of their own: a cancelled fill waits that long, some ten milliseconds. */
const MOST = 2 ** 24;

/** Are there threads, and do they pay for so many values, of however many tensors? */
export const threadsPay = (length: number): boolean => length >= PAYS && cores() > 1 && hasKernels() && haveThreads();

export interface ParallelOptions {
  /** Default: one that all calls share, as large as the machine has cores, if the work pays for it. */
  readonly pool?: Pool;
  readonly signal?: AbortSignal | undefined;
  /** Called with the share that is done, from 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** The fill of elements `from …` of a fill. */
export const fillFrom = (fill: Fill, from: number): Fill =>
  fill.kind === "constant" ? fill : { ...fill, start: fill.start + from };

function placeOf(out: Float32Array, from: number): Place {
  const at = out.byteOffset + from * 4;
  const kernel = kernelMemoryOf(out);
  if (kernel !== null) return { kind: "kernel-memory", ...kernel, at, dtype: "f32" };
  if (typeof SharedArrayBuffer !== "undefined" && out.buffer instanceof SharedArrayBuffer)
    return { kind: "shared", buffer: out.buffer, at };
  return { kind: "answer", dtype: "f32", room: null };
}

async function fillInPool(out: Float32Array, fill: Fill, pool: Pool, options: ParallelOptions): Promise<void> {
  const { signal, onProgress } = options;
  const inPlace = placeOf(out, 0).kind !== "answer";
  let next = 0;
  let done = 0;
  // Large tasks first, since each costs a message, then smaller ones, so that all threads end together.
  const lengthOf = (left: number) => {
    const share = inPlace ? Math.ceil(left / pool.size / 4 / PIECE) * PIECE : PIECE;
    return Math.min(left, Math.max(PIECE, Math.min(MOST, share)));
  };
  // As many takers as threads, and one more each so that none waits for its next task.
  const taker = async () => {
    while (next < out.length) {
      signal?.throwIfAborted();
      const from = next;
      const length = lengthOf(out.length - from);
      next += length;
      const bytes = await pool.run({ fill: fillFrom(fill, from), length, place: placeOf(out, from) });
      if (bytes !== null) out.set(new Float32Array(bytes), from);
      done += length;
      onProgress?.(done / out.length);
    }
  };
  // Settled, all of them: nothing may write to `out` any more when this fails.
  const ends = await Promise.allSettled(Array.from({ length: pool.size * 2 }, taker));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/**
 * `runFill` by several threads. Fastest into `sharedFloat32`; a SharedArrayBuffer costs a copy in the threads, any other
 * buffer one in this thread.
 *
 * @throws the signal's reason when it is aborted; Error when a thread fails. `out` is then partly filled.
 * @example await fillParallel(sharedFloat32(1 << 26), { kind: "normal", key: createKey(0, "w"), start: 0, mean: 0, std: 0.02 })
 */
export async function fillParallel(out: Float32Array, fill: Fill, options: ParallelOptions = {}): Promise<void> {
  const { pool, signal, onProgress } = options;
  signal?.throwIfAborted();
  // Wrong numbers are told here, and not by a thread.
  runFill(new Float32Array(0), fill);
  if (pool !== undefined) return fillInPool(out, fill, pool, options);
  if (threadsPay(out.length)) return withSharedPool((all) => fillInPool(out, fill, all, options));
  for (let from = 0; from < out.length; from += PIECE * 8) {
    signal?.throwIfAborted();
    const to = Math.min(out.length, from + PIECE * 8);
    runFill(out.subarray(from, to), fillFrom(fill, from));
    onProgress?.(to / out.length);
  }
}
