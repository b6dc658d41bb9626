/** Float32 values that every thread's kernels can write to directly. */

import { createFillKernel, SLACK, valuesBegin } from "../fill-module.ts";
import { createMemory } from "../module.ts";
import { MOST_THREADS } from "./pool.ts";

interface KernelMemory {
  readonly id: number;
  readonly memory: WebAssembly.Memory;
}

const known = new WeakMap<ArrayBufferLike, KernelMemory>();
let made = 0;

/** Where values begin in every such memory. */
let begin: number | null = null;

/**
 * An array of zeros for `fillParallel`, which fills it a good third faster than any other: the values are drawn in place. It
 * is shared between threads where the engine has shared memory, and is then never transferable.
 *
 * @param length at most about a thousand million, for a WebAssembly memory ends at 4 GiB.
 * @returns an ordinary array where there is no shared memory (a page that is not cross-origin isolated) or no SIMD
 * @example const weights = sharedFloat32(1 << 26); await fillParallel(weights, fill)
 */
export function sharedFloat32(length: number): Float32Array {
  const place = createPlace(length);
  return place === null ? new Float32Array(length) : place;
}

function createPlace(length: number): Float32Array | null {
  if (typeof SharedArrayBuffer === "undefined" || typeof WebAssembly === "undefined") return null;
  try {
    if (begin === null) {
      const kernel = createFillKernel(createMemory(65_536));
      if (kernel === null) return null;
      begin = valuesBegin(kernel, MOST_THREADS);
    }
    const memory = createMemory(begin + length * 4 + SLACK, true);
    known.set(memory.buffer, { id: made++, memory });
    return new Float32Array(memory.buffer, begin, length);
  } catch {
    return null;
  }
}

export function kernelMemoryOf(values: Float32Array): KernelMemory | null {
  return known.get(values.buffer) ?? null;
}
