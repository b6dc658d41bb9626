/** The values of one planned tensor in pieces, so that memory is bounded by a piece and not by the tensor. */

import { draw, isElementwise } from "../init/index.ts";
import type { PlannedTensor } from "../plan/types.ts";

export type Values = Float32Array | Float64Array;

/** Values that a parameter has in the model's file; null where there are none. */
export type ReadValues = (parameter: string) => Values | null;

export interface TileOptions {
  readonly seed: number;
  /** Where tensors planned as `file` take their values from. */
  readonly read?: ReadValues;
  /** Elements in one piece. Default 2^20 (4 MB of float32). The bits do not depend on it. */
  readonly tile?: number;
}

export const TILE = 2 ** 20;

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The values that the model's file holds for a tensor. */
export function* fileTiles(
  { name, shape }: PlannedTensor,
  { read, tile = TILE }: Omit<TileOptions, "seed">,
): Generator<Values> {
  const values = read?.(name) ?? null;
  const count = elements(shape);
  if (values === null) {
    throw new Error(`materialize ${name}: planned to keep the file's values, got none, plan it with another scheme`);
  }
  if (values.length !== count) {
    throw new Error(`materialize ${name}: the plan has ${count} values, got ${values.length}, plan the model again`);
  }
  for (let start = 0; start < count; start += tile) yield values.subarray(start, Math.min(start + tile, count));
}

/**
 * A tensor's values in order, in pieces of at most `tile` elements (structured initializers and rows to be centred come
 * in one piece). Joined, they are the same bits for every `tile`.
 *
 * @throws RangeError for a tile that is not a whole number from 1; Error where the file's values are wanted and absent
 */
export function* tensorTiles(tensor: PlannedTensor, { seed, read, tile = TILE }: TileOptions): Generator<Values> {
  if (!Number.isSafeInteger(tile) || tile < 1) {
    throw new RangeError(`materialize: a tile is a whole number from 1, got ${tile}, leave it out`);
  }
  const { initializer, name, shape } = tensor;
  if (initializer.kind === "file") {
    yield* fileTiles(tensor, { tile, ...(read === undefined ? {} : { read }) });
    return;
  }
  const count = elements(shape);
  const step = isElementwise(initializer) ? tile : Math.max(1, count);
  for (let start = 0; start < count; start += step) {
    const target = { seed, name, shape, start, length: Math.min(step, count - start) };
    yield draw(initializer, target);
  }
}
