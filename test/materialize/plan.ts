/** A small plan written by hand: what a scheme would make of a few tensors. */

import type { Initializer } from "../../src/init/types.ts";
import type { Dtype } from "../../src/model/types.ts";
import type { Plan } from "../../src/plan/types.ts";

export interface Row {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly dtype?: Dtype;
}

export function planOf(rows: readonly Row[], seed = 7): Plan {
  return {
    schema: "epoch0.plan/1",
    scheme: "by-hand",
    seed,
    model: { format: "line", name: "by hand", parameters: rows.length, scalars: 0 },
    tensors: rows.map(({ name, shape, initializer, dtype = "f32" }) => ({
      name,
      shape,
      dtype,
      role: "weight",
      op: "linear",
      fanIn: 1,
      fanOut: 1,
      initializer,
      std: 1,
      why: "",
    })),
    layers: [],
    signals: [],
    gradients: [],
    unsupported: [],
    warnings: [],
  };
}

export const ROWS: readonly Row[] = [
  { name: "a.weight", shape: [33, 17], initializer: { kind: "normal", mean: 0, std: 0.5 } },
  { name: "a.bias", shape: [33], initializer: { kind: "zeros" } },
  { name: "b.weight", shape: [12, 8], initializer: { kind: "orthogonal", gain: 1 } },
  { name: "c.weight", shape: [9, 5], initializer: { kind: "uniform", low: -1, high: 1, rowCentred: true } },
  { name: "d.weight", shape: [64], initializer: { kind: "truncated-normal", mean: 0, std: 1, low: -2, high: 2 } },
  { name: "empty", shape: [0, 4], initializer: { kind: "ones" } },
  { name: "batches", shape: [], initializer: { kind: "zeros" }, dtype: "i64" },
];
