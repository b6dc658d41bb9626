/** Layers with weights and activations, one node each, for the gradient test. */

import { base, named, one, type Sketch } from "./graph.ts";

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
export const layerCases: Record<string, Sketch> = {
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
};
