/** Memory for what is kept of a tensor: fresh for each, or the same for one after another. */

import type { Values } from "./types.ts";

export interface Room {
  /** Room for `count` numbers, as float64 where float32 is too narrow. It holds whatever was there. */
  readonly take: (count: number, wide: boolean) => Values;
  /** From here on what was taken is given out again. */
  readonly clear: () => void;
}

const make = (count: number, wide: boolean): Values => (wide ? new Float64Array(count) : new Float32Array(count));

/** A room that nobody shares. */
export const freshRoom = (): Room => ({ take: make, clear: () => {} });

/** Bytes to begin with: the largest tensor that is held whole, with its sample. */
const FIRST = 4_325_376;

/**
 * A room for a walk over many tensors: pages that were touched once are touched again, where fresh ones cost many times what
 * reading the numbers into them does.
 */
export function sharedRoom(): Room {
  let buffer = new ArrayBuffer(FIRST);
  let used = 0;
  return {
    take: (count, wide) => {
      const bytes = Math.ceil((count * (wide ? 8 : 4)) / 8) * 8;
      if (used + bytes > buffer.byteLength) {
        buffer = new ArrayBuffer(Math.max(2 * buffer.byteLength, bytes));
        used = 0;
      }
      const from = used;
      used += bytes;
      return wide ? new Float64Array(buffer, from, count) : new Float32Array(buffer, from, count);
    },
    clear: () => {
      used = 0;
    },
  };
}
