/** A plan's weights in memory. */

import type { Plan, PlannedTensor } from "../plan/types.ts";
import type { ReadValues, Values } from "./tiles.ts";
import { type StreamName, valueSource } from "./values.ts";

export interface InitializeOptions {
  /** Default: the plan's own. */
  readonly seed?: number;
  /** Names to draw. Default: all. The others' values do not change with it. */
  readonly names?: Iterable<string>;
  /** Where tensors planned as `file` take their values from: `model.read`. */
  readonly read?: ReadValues;
  /** Whose numbers. Default "epoch0". */
  readonly stream?: StreamName;
}

/** A tensor that comes in one piece: as it was drawn, since large arrays cost more to copy than to draw. A file's are copied. */
function wholeOf({ initializer }: PlannedTensor, pieces: Iterable<Values>): Float32Array {
  for (const piece of pieces)
    return piece instanceof Float32Array && initializer.kind !== "file" ? piece : new Float32Array(piece);
  return new Float32Array(0);
}

/**
 * Draws every tensor of a plan: float32, row-major, by parameter name.
 *
 * The value of an element depends on seed, name, index and initializer alone (DESIGN 6.3): not on the other tensors.
 *
 * @throws Error naming the tensor, where the plan keeps the file's values and none are given
 * @example initialize(plan(model)).get("fc1.weight")?.length // 100352
 */
export function initialize(plan: Plan, { seed = plan.seed, names, read, stream = "epoch0" }: InitializeOptions = {}) {
  const wanted = names === undefined ? null : new Set(names);
  const valuesOf = valueSource(plan, {
    seed,
    stream,
    wanted,
    tile: Number.MAX_SAFE_INTEGER,
    ...(read === undefined ? {} : { read }),
  });
  const result = new Map<string, Float32Array>();
  for (const tensor of plan.tensors) {
    if (wanted !== null && !wanted.has(tensor.name)) continue;
    result.set(tensor.name, wholeOf(tensor, valuesOf(tensor)));
  }
  return result;
}
