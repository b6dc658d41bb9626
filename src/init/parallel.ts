/** Draws by several threads: elementwise initializers as fills, which know neither tensors nor initializers. */

import {
  type Fill,
  fillParallel,
  type ParallelOptions,
  type Stretch,
  sharedFloat32,
  threadsPay,
} from "../kernels/index.ts";
import { createKey, deriveKey, type Key } from "../random/index.ts";
import { type DrawTarget, draw } from "./draw.ts";
import { asMatrix, sizeOf } from "./shape.ts";
import type { Initializer } from "./types.ts";

type Shape = readonly number[];

function fillOf(initializer: Initializer, key: Key): Fill | null {
  switch (initializer.kind) {
    case "zeros":
      return { kind: "constant", value: 0 };
    case "ones":
      return { kind: "constant", value: 1 };
    case "constant":
      return { kind: "constant", value: initializer.value };
    case "uniform": {
      const { low, high, rowCentred } = initializer;
      return rowCentred ? null : { kind: "uniform", key, start: 0, low, high };
    }
    case "normal": {
      const { mean, std, rowCentred } = initializer;
      return rowCentred ? null : { kind: "normal", key, start: 0, mean, std };
    }
    case "truncated-normal": {
      const { mean, std, low, high, rowCentred } = initializer;
      return rowCentred ? null : { kind: "truncated-normal", key, start: 0, mean, std, low, high };
    }
    default:
      return null;
  }
}

function stretches(initializer: Initializer, key: Key, shape: Shape): Stretch[] | null {
  if (initializer.kind !== "blocks") {
    const fill = fillOf(initializer, key);
    return fill === null ? null : [{ fill, length: sizeOf(shape) }];
  }
  const { rows } = asMatrix(shape);
  // Wrong sizes are for `draw` to tell.
  if (initializer.parts.reduce((sum, { size }) => sum + size, 0) !== rows) return null;
  const parts = initializer.parts.map(({ size, initializer: inner }, index) =>
    stretches(inner, deriveKey(key, index), [size, ...shape.slice(1)]),
  );
  return parts.every((part) => part !== null) ? parts.flat() : null;
}

/** A whole parameter as fills, one after the other; null for kinds that are not drawn value by value. */
export function stretchesOf(
  initializer: Initializer,
  { seed, name, shape }: Pick<DrawTarget, "seed" | "name" | "shape">,
): readonly Stretch[] | null {
  return stretches(initializer, createKey(seed, name), shape);
}

/**
 * All values of a parameter, as `draw` gives them, by as many threads as the machine has cores where that pays (tens of
 * millions of values). The result then lies in shared memory, where there is any.
 *
 * @throws as `draw`; the signal's reason when it is aborted
 * @example await drawParallel({ kind: "normal", mean: 0, std: 0.02 }, { seed: 0, name: "wte.weight", shape: [50257, 768] })
 */
export async function drawParallel(
  initializer: Initializer,
  target: Pick<DrawTarget, "seed" | "name" | "shape">,
  options: ParallelOptions = {},
): Promise<Float32Array> {
  const size = sizeOf(target.shape);
  const parts = threadsPay(size) || options.pool !== undefined ? stretchesOf(initializer, target) : null;
  options.signal?.throwIfAborted();
  if (parts === null) return draw(initializer, target);
  const { onProgress } = options;
  const out = sharedFloat32(size);
  let at = 0;
  for (const { fill, length } of parts) {
    const before = at;
    await fillParallel(out.subarray(before, before + length), fill, {
      ...options,
      onProgress: (share) => onProgress?.((before + share * length) / size),
    });
    at += length;
  }
  return out;
}
