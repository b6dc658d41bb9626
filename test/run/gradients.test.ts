/** Every node kind: the gradient that comes back against central differences of the forward pass. */

import { describe, expect, it } from "vitest";
import type { Node } from "../../src/model/types.ts";
import { createExecutor, type InputValues } from "../../src/run/index.ts";
import { filled, type Sketch, sketch } from "./graph.ts";

const base = (name: string, inputs: string[], outputs: string[]) => ({ name, op: name, inputs, outputs });
const named = (name: string, parameters: Record<string, number> = {}) => ({ kind: "named" as const, name, parameters });

/** One node from x (and w, b, …) to y. */
function one(
  node: Node,
  x: readonly number[],
  y: readonly number[],
  parameters: Record<string, readonly number[]> = {},
  more: Partial<Sketch> = {},
): Sketch {
  return { inputs: { x }, parameters, tensors: { y }, outputs: ["y"], nodes: [node], ...more };
}

const conv = {
  ...base("conv", ["x"], ["y"]),
  kind: "conv" as const,
  weight: "w",
  bias: "b",
  transposed: false,
  groups: 1,
  kernel: [3, 3],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [1, 1, 1, 1],
};
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
const recurrent = {
  ...base("rnn", ["x"], ["y", "h", ""]),
  kind: "recurrent" as const,
  cell: "rnn" as const,
  hidden: 3,
  gates: ["h"],
  directions: [
    { inputWeight: "wi", recurrentWeight: "wh", inputBias: "bi", recurrentBias: "bh", reverse: false },
    { inputWeight: "wi2", recurrentWeight: "wh2", inputBias: null, recurrentBias: null, reverse: true },
  ],
  timeAxis: 0 as const,
  activations: ["Tanh"],
  resetAfter: true,
  initial: [null, null],
};
const cells = (gates: number) => ({
  wi: [gates * 3, 2],
  wh: [gates * 3, 3],
  bi: [gates * 3],
  bh: [gates * 3],
  wi2: [gates * 3, 2],
  wh2: [gates * 3, 3],
});
const states = { tensors: { y: [4, 2, 2, 3], h: [2, 2, 3] }, outputs: ["y", "h"] };
const combine = (operation: "add" | "subtract" | "multiply" | "divide" | "maximum" | "minimum" | "power") =>
  one({ ...base(operation, ["x", "w"], ["y"]), kind: "combine", operation }, [2, 3, 4], [2, 3, 4], { w: [3, 1] });
const reduce = (method: "mean" | "sum" | "max" | "min" | "l1" | "l2" | "sum-square" | "product") =>
  one({ ...base(method, ["x"], ["y"]), kind: "reduce", method, axes: [1, -1], keepAxes: false }, [2, 3, 4], [2]);

const cases: Record<string, Sketch> = {
  "linear, out-in, with bias": one(
    { ...base("fc", ["x"], ["y"]), kind: "linear", weight: "w", bias: "b", layout: "out-in", scale: 1 },
    [2, 3, 4],
    [2, 3, 5],
    { w: [5, 4], b: [5] },
  ),
  "linear, in-out, scaled": one(
    { ...base("fc", ["x"], ["y"]), kind: "linear", weight: "w", bias: null, layout: "in-out", scale: 0.5 },
    [3, 4],
    [3, 5],
    { w: [4, 5] },
  ),
  "conv 3×3, padded": one(conv, [2, 3, 5, 4], [2, 4, 5, 4], { w: [4, 3, 3, 3], b: [4] }),
  "conv, strided, dilated, grouped": one(
    { ...conv, groups: 2, strides: [2, 3], dilations: [2, 1], pads: [2, 1, 1, 0] },
    [2, 4, 7, 8],
    [2, 6, 3, 3],
    { w: [6, 2, 3, 3], b: [6] },
  ),
  "conv, depthwise, strided": one({ ...conv, groups: 4, strides: [2, 2], bias: null }, [2, 4, 6, 6], [2, 4, 3, 3], {
    w: [4, 1, 3, 3],
  }),
  "conv 1-D, 1×1": one({ ...conv, kernel: [1], strides: [1], dilations: [1], pads: [0, 0] }, [2, 3, 6], [2, 4, 6], {
    w: [4, 3, 1],
    b: [4],
  }),
  "conv, strides longer than the kernel": one(
    { ...conv, kernel: [2, 1], strides: [3, 2], pads: [1, 0, 0, 1] },
    [2, 3, 7, 4],
    [2, 4, 3, 3],
    { w: [4, 3, 2, 1], b: [4] },
  ),
  "linear, large with odd sides, out-in": one(
    { ...base("fc", ["x"], ["y"]), kind: "linear", weight: "w", bias: "b", layout: "out-in", scale: 0.5 },
    [3, 29, 57],
    [3, 29, 61],
    { w: [61, 57], b: [61] },
  ),
  "linear, large with odd sides, in-out": one(
    { ...base("fc", ["x"], ["y"]), kind: "linear", weight: "w", bias: null, layout: "in-out", scale: 1 },
    [87, 57],
    [87, 61],
    { w: [57, 61] },
  ),
  "matmul, large with odd sides": one(
    { ...base("mm", ["x", "w"], ["y"]), kind: "matmul", scale: 0.25 },
    [2, 3, 43, 31],
    [2, 3, 43, 37],
    { w: [2, 3, 31, 37] },
  ),
  "conv 3-D": one(
    { ...conv, kernel: [2, 1, 3], strides: [1, 2, 2], dilations: [1, 1, 1], pads: [0, 0, 1, 0, 0, 1] },
    [1, 2, 3, 4, 5],
    [1, 3, 2, 2, 3],
    { w: [3, 2, 2, 1, 3], b: [3] },
  ),
  "conv transposed, grouped, strided, with output padding": one(
    { ...conv, transposed: true, groups: 2, strides: [2, 2], pads: [1, 1, 0, 0] },
    [2, 4, 3, 4],
    [2, 6, 6, 8],
    { w: [4, 3, 3, 3], b: [6] },
  ),
  embedding: one(
    { ...base("emb", ["x"], ["y"]), kind: "embedding", table: "w" },
    [2, 3],
    [2, 3, 4],
    { w: [5, 4] },
    {
      tokens: { x: 5 },
    },
  ),
  "recurrent, plain, both ways": one(recurrent, [4, 2, 2], [4, 2, 2, 3], cells(1), states),
  "recurrent, lstm": one(
    { ...recurrent, cell: "lstm", gates: ["i", "f", "g", "o"], activations: [] },
    [4, 2, 2],
    [],
    cells(4),
    states,
  ),
  "recurrent, gru, reset after": one(
    { ...recurrent, cell: "gru", gates: ["r", "z", "n"], activations: [] },
    [4, 2, 2],
    [],
    cells(3),
    states,
  ),
  "recurrent, gru, reset before, batch first": one(
    { ...recurrent, cell: "gru", gates: ["z", "r", "h"], activations: [], resetAfter: false, timeAxis: 1 },
    [2, 4, 2],
    [],
    cells(3),
    { tensors: { y: [2, 4, 2, 3], h: [2, 2, 3] }, outputs: ["y", "h"] },
  ),
  "activation, tanh": one(
    { ...base("a", ["x"], ["y"]), kind: "activation", activation: named("tanh"), slope: null },
    [2, 6],
    [2, 6],
  ),
  "activation, gelu": one(
    { ...base("a", ["x"], ["y"]), kind: "activation", activation: named("gelu"), slope: null },
    [2, 6],
    [2, 6],
  ),
  "activation, prelu a channel": one(
    { ...base("a", ["x"], ["y"]), kind: "activation", activation: named("prelu"), slope: "w" },
    [2, 3, 4],
    [2, 3, 4],
    { w: [3] },
  ),
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

const size = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

describe("gradient of every node kind against central differences", () => {
  it.each(Object.entries(cases))("%s", async (_name, parts) => {
    const model = sketch(parts);
    const executor = await createExecutor(model);
    let drawn = 0;
    const draw = (shape: readonly number[]) => {
      drawn += size(shape);
      return filled(size(shape), drawn - size(shape));
    };
    const inputs = new Map<string, Float32Array | Int32Array>();
    for (const { name, shape, vocabulary } of model.inputs) {
      const values = draw(shape);
      inputs.set(name, vocabulary === null ? values : Int32Array.from(values, (_, i) => (i * 3) % vocabulary));
    }
    const weights = new Map([...model.parameters].map(([name, { shape }]) => [name, draw(shape)]));
    // Divisors between 1 and 3, so that the third derivative is below 6 Σ|c y|.
    const divides = parts.nodes.some((node) => node.kind === "combine" && node.operation === "divide");
    if (divides)
      for (const [name, data] of weights)
        weights.set(
          name,
          data.map((w) => w + 2),
        );
    const cotangents: InputValues = new Map(model.outputs.map((name) => [name, draw(model.tensors.get(name)!.shape)]));
    const { values, gradients, parameterGradients } = await executor.forwardBackward(weights, inputs, cotangents);
    for (const [name, { shape }] of model.tensors) expect(values.get(name)?.length, name).toBe(size(shape));

    const loss = async () => {
      const found = await executor.forward(weights, inputs);
      let [total, largest] = [0, 0];
      for (const [name, cotangent] of cotangents) {
        cotangent.forEach((c, i) => {
          total += c * found.get(name)![i]!;
          largest += Math.abs(c * found.get(name)![i]!);
        });
      }
      return { total, largest };
    };
    // Central differences with step h err by h²·|f'''|/6 and by rounding, 2⁻²⁴·k·Σ|c y|/h for k roundings a sum. With
    // h = 2⁻⁷ the first is 1e-5·|f'''|, the second 5e-6·k·Σ|c y|. |f'''| stays below 20·(1 + Σ|c y|) in these graphs
    // and k below 20.
    const step = 2 ** -7;
    const check = async (name: string, data: Float32Array, gradient: Float32Array | undefined) => {
      const stride = Math.max(1, Math.floor(data.length / 6));
      for (let i = 0; i < data.length; i += stride) {
        const before = data[i]!;
        data[i] = before + step;
        const up = await loss();
        data[i] = before - step;
        const down = await loss();
        data[i] = before;
        const expected = (up.total - down.total) / (2 * step);
        const tolerance = 20 * (step ** 2 / 6 + 2 ** -24 / step) * (1 + up.largest);
        expect(
          Math.abs((gradient?.[i] ?? Number.NaN) - expected),
          `${name}[${i}] ${gradient?.[i]} ${expected}`,
        ).toBeLessThan(tolerance);
      }
    };
    for (const [name, data] of weights) await check(name, data, parameterGradients.get(name));
    for (const [name, data] of inputs) if (data instanceof Float32Array) await check(name, data, gradients.get(name));
    executor.dispose();
  });
});
