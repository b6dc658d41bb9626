/** Operations between layers, one node each, for the gradient test. */

import { base, one, type Sketch } from "./graph.ts";

const pool = {
  ...base("pool", ["x"], ["y"]),
  kind: "pool" as const,
  method: "max" as const,
  kernel: [3, 2],
  strides: [2, 2],
  dilations: [1, 1],
  pads: [1, 0, 1, 0],
  countPadding: true,
};
const normalize = {
  ...base("norm", ["x"], ["y"]),
  kind: "normalize" as const,
  method: "batch" as const,
  axes: [-1],
  groups: 2,
  epsilon: 1e-5,
  scale: "s",
  shift: "b",
  mean: null,
  variance: null,
  training: true,
};
const affine = { s: [4], b: [4] };
const combine = (operation: "add" | "subtract" | "multiply" | "divide" | "maximum" | "minimum" | "power") =>
  one({ ...base(operation, ["x", "w"], ["y"]), kind: "combine", operation }, [2, 3, 4], [2, 3, 4], { w: [3, 1] });
const reduce = (method: "mean" | "sum" | "max" | "min" | "l1" | "l2" | "sum-square" | "product") =>
  one({ ...base(method, ["x"], ["y"]), kind: "reduce", method, axes: [1, -1], keepAxes: false }, [2, 3, 4], [2]);

export const operationCases: Record<string, Sketch> = {
  "combine, add": combine("add"),
  "combine, subtract": combine("subtract"),
  "combine, multiply": combine("multiply"),
  "combine, divide": combine("divide"),
  "combine, maximum": combine("maximum"),
  "combine, minimum": combine("minimum"),
  "combine, power of a constant": one(
    { ...base("pow", ["x", "two"], ["y"]), kind: "combine", operation: "power" },
    [2, 6],
    [2, 6],
    {},
    { constants: { two: { shape: [], values: [2] } } },
  ),
  "combine of a tensor with itself": one(
    { ...base("mul", ["x", "x"], ["y"]), kind: "combine", operation: "multiply" },
    [2, 6],
    [2, 6],
  ),
  matmul: one({ ...base("mm", ["x", "w"], ["y"]), kind: "matmul", scale: 0.5 }, [2, 3, 4], [2, 3, 5], { w: [4, 5] }),
  softmax: one({ ...base("sm", ["x"], ["y"]), kind: "softmax", axis: -1, log: false }, [2, 6], [2, 6]),
  "log-softmax": one({ ...base("sm", ["x"], ["y"]), kind: "softmax", axis: 1, log: true }, [2, 3, 2], [2, 3, 2]),
  "normalize, batch, train": one(normalize, [3, 4, 2, 2], [3, 4, 2, 2], affine),
  "normalize, layer": one({ ...normalize, method: "layer" }, [3, 2, 4], [3, 2, 4], affine),
  "normalize, group": one({ ...normalize, method: "group" }, [2, 4, 2, 2], [2, 4, 2, 2], affine),
  "normalize, instance": one({ ...normalize, method: "instance" }, [2, 4, 3, 2], [2, 4, 3, 2], affine),
  "normalize, rms": one({ ...normalize, method: "rms", shift: null }, [3, 4], [3, 4], { s: [4] }),
  "pool, max, padded": one(pool, [1, 2, 5, 4], [1, 2, 3, 2]),
  "pool, average, padded, padding not counted": one(
    { ...pool, method: "average", countPadding: false },
    [1, 2, 5, 4],
    [1, 2, 3, 2],
  ),
  "pool, average, global": one(
    { ...pool, method: "average", kernel: [5, 4], strides: [1, 1], pads: [0, 0, 0, 0] },
    [2, 2, 5, 4],
    [2, 2, 1, 1],
  ),
  "reduce, mean": reduce("mean"),
  "reduce, sum": reduce("sum"),
  "reduce, max": reduce("max"),
  "reduce, min": reduce("min"),
  "reduce, l1": reduce("l1"),
  "reduce, l2": reduce("l2"),
  "reduce, sum-square": reduce("sum-square"),
  "reduce, product": reduce("product"),
  reshape: one({ ...base("r", ["x"], ["y"]), kind: "reshape", shape: [3, -1] }, [2, 6], [3, 4]),
  transpose: one({ ...base("t", ["x"], ["y"]), kind: "transpose", permutation: [2, 0, 1] }, [2, 3, 4], [4, 2, 3]),
  expand: one({ ...base("e", ["x"], ["y"]), kind: "expand", shape: [2, 3, 4] }, [3, 1], [2, 3, 4]),
  concat: one({ ...base("c", ["x", "w"], ["y"]), kind: "concat", axis: -1 }, [2, 3], [2, 5], { w: [2, 2] }),
  split: one(
    { ...base("s", ["x"], ["y", "z"]), kind: "split", axis: 1, sizes: [2, 3] },
    [2, 5],
    [],
    {},
    {
      tensors: { y: [2, 2], z: [2, 3] },
    },
  ),
  "slice, stepped and reversed": one(
    {
      ...base("s", ["x"], ["y"]),
      kind: "slice",
      ranges: [
        { axis: 1, start: 1, count: 3, step: 2 },
        { axis: 0, start: 1, count: 2, step: -1 },
      ],
    },
    [2, 7],
    [2, 3],
  ),
  "gather, repeated": one(
    { ...base("g", ["x"], ["y"]), kind: "gather", axis: 1, indices: [2, 0, 2], scalar: false },
    [2, 4],
    [2, 3],
  ),
  "gather, scalar": one(
    { ...base("g", ["x"], ["y"]), kind: "gather", axis: 1, indices: [-1], scalar: true },
    [2, 4],
    [2],
  ),
  "pad, constant": one(
    { ...base("p", ["x"], ["y"]), kind: "pad", mode: "constant", pads: [0, 1, 0, 2], value: 3 },
    [2, 4],
    [2, 7],
  ),
  "pad, reflect": one(
    { ...base("p", ["x"], ["y"]), kind: "pad", mode: "reflect", pads: [0, 2, 0, 1], value: 0 },
    [2, 4],
    [2, 7],
  ),
  "pad, edge": one(
    { ...base("p", ["x"], ["y"]), kind: "pad", mode: "edge", pads: [1, 0, 0, 2], value: 0 },
    [2, 4],
    [3, 6],
  ),
  "resize, nearest": one(
    {
      ...base("r", ["x"], ["y"]),
      kind: "resize",
      mode: "nearest",
      scales: [1, 1, 2],
      coordinates: "asymmetric",
      rounding: "floor",
    },
    [1, 2, 3],
    [1, 2, 6],
  ),
  "resize, linear": one(
    {
      ...base("r", ["x"], ["y"]),
      kind: "resize",
      mode: "linear",
      scales: [1, 1, 2, 1.5],
      coordinates: "half_pixel",
      rounding: "",
    },
    [1, 2, 3, 4],
    [1, 2, 6, 6],
  ),
  mask: one(
    { ...base("m", ["x"], ["y"]), kind: "mask", keep: "k", fill: -7 },
    [2, 3],
    [2, 3],
    {},
    {
      constants: { k: { shape: [3], values: [1, 0, 1], dtype: "bool" } },
    },
  ),
  dropout: one({ ...base("d", ["x"], ["y"]), kind: "dropout", ratio: 0.5 }, [2, 3], [2, 3]),
  identity: one({ ...base("i", ["x"], ["y"]), kind: "identity" }, [2, 3], [2, 3]),
};
