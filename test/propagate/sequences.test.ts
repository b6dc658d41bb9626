/** Sequence models, small, against runs of the same graphs over draws of the weights. */

import { describe, it } from "vitest";
import type { Node } from "../../src/model/types.ts";
import { base, type Sketch } from "../run/graph.ts";
import { act, agreesWithRun, type Case, combine, linear, reduce } from "./case.ts";

const N = 16;
const WIDTH = 64;

/** One head of attention of `context` by `x`, both [N, positions, WIDTH]; output named `name`. */
function attention(name: string, x: string, context: string, positions: readonly [number, number], bias?: string) {
  const [p, j] = positions;
  const own = (part: string) => `${name}.${part}`;
  const nodes: Node[] = [
    linear(own("q"), x, own("wq")),
    linear(own("k"), context, own("wk")),
    linear(own("v"), context, own("wv")),
    { ...base(own("kt"), [own("k")], [own("kt")]), kind: "transpose", permutation: [0, 2, 1] },
    { ...base(own("s"), [own("q"), own("kt")], [own("s")]), kind: "matmul", scale: WIDTH ** -0.5 },
    ...(bias === undefined ? [] : [combine(own("b"), [own("s"), bias], "add")]),
    { ...base(own("a"), [own(bias === undefined ? "s" : "b")], [own("a")]), kind: "softmax", axis: 2, log: false },
    { ...base(name, [own("a"), own("v")], [name]), kind: "matmul", scale: 1 },
  ];
  const tensors: Sketch["tensors"] = {
    [own("q")]: [N, p, WIDTH],
    [own("k")]: [N, j, WIDTH],
    [own("v")]: [N, j, WIDTH],
    [own("kt")]: [N, WIDTH, j],
    [own("s")]: [N, p, j],
    [own("b")]: [N, p, j],
    [own("a")]: [N, p, j],
    [name]: [N, p, WIDTH],
  };
  const weights = ["wq", "wk", "wv"].map(own);
  return {
    nodes,
    tensors,
    parameters: Object.fromEntries(weights.map((w) => [w, [WIDTH, WIDTH]])),
    variances: Object.fromEntries(weights.map((w) => [w, 1 / WIDTH])),
  };
}

/** Sines and cosines of geometrically falling frequency (Vaswani et al. 2017, section 3.5). */
const sines = (positions: number): number[] =>
  Array.from({ length: positions * WIDTH }, (_, i) => {
    const [p, c] = [Math.floor(i / WIDTH), i % WIDTH];
    const angle = p * 10_000 ** (-(2 * (c % (WIDTH / 2))) / WIDTH);
    return c < WIDTH / 2 ? Math.sin(angle) : Math.cos(angle);
  });

const T = 10;
const self = attention("y", "x", "x", [T, T]);

const LONG = 40;
const long = attention("y", "x", "x", [LONG, LONG]);
const NARROW = 16;
const norm = (name: string, x: string, axis = 1): Node => ({
  ...base(name, [x], [name]),
  kind: "normalize",
  method: "layer",
  axes: [axis],
  groups: 1,
  epsilon: 1e-5,
  scale: null,
  shift: null,
  mean: null,
  variance: null,
  training: false,
});

const biased = attention("y", "x", "x", [T, T], "bias");
const distances = Array.from({ length: T * T }, (_, i) => -Math.abs(Math.floor(i / T) - (i % T)));

/** Attention over tokens beside a table of sines. */
const overSines: Case["graph"] = {
  inputs: { t: [N, T] },
  tokens: { t: 40 },
  constants: { sin: { shape: [T, WIDTH], values: sines(T) } },
  parameters: { table: [40, WIDTH], ...self.parameters },
  tensors: { e: [N, T, WIDTH], x: [N, T, WIDTH], ...self.tensors },
  outputs: ["y"],
  nodes: [
    { ...base("e", ["t"], ["e"]), kind: "embedding", table: "table" },
    combine("x", ["e", "sin"], "add"),
    ...self.nodes,
  ],
};

const CASES: Readonly<Record<string, Case>> = {
  "a table of sines: neighbours are alike, and attention averages what they share": {
    graph: overSines,
    variances: { table: 0.3, ...self.variances },
    width: 12,
    only: ["x", "y", "y.v", "y.wv", "table"],
  },
  "keys of neighbours are alike, as their values are: gradients of queries and keys": {
    graph: overSines,
    // Taken as alike from position to position, the keys' weight would have a fifth of its gradient.
    variances: { table: 0.03, ...self.variances, "y.wq": 0.3 / WIDTH, "y.wk": 0.3 / WIDTH },
    width: 8,
    only: ["y.wq", "y.wk"],
  },
  "segments: one row of a table at every position": {
    graph: {
      inputs: { t: [N, T] },
      tokens: { t: 40 },
      constants: { segment: { shape: [1, T], values: new Array<number>(T).fill(0), dtype: "i64" } },
      parameters: { table: [40, WIDTH], types: [2, WIDTH], ...self.parameters },
      tensors: { e: [N, T, WIDTH], g: [1, T, WIDTH], x: [N, T, WIDTH], ...self.tensors },
      outputs: ["y"],
      nodes: [
        { ...base("e", ["t"], ["e"]), kind: "embedding", table: "table" },
        { ...base("g", ["segment"], ["g"]), kind: "embedding", table: "types" },
        combine("x", ["e", "g"], "add"),
        ...self.nodes,
      ],
    },
    variances: { table: 1, types: 1, ...self.variances },
    width: 12,
    only: ["x", "y", "y.v", "y.wv", "table", "types"],
  },
  "keys and values of one tensor: their overlaps fluctuate together": {
    graph: {
      inputs: { t: [N, LONG] },
      tokens: { t: 40 },
      parameters: { table: [40, WIDTH], ...long.parameters },
      tensors: { x: [N, LONG, WIDTH], ...long.tensors },
      outputs: ["y"],
      nodes: [{ ...base("x", ["t"], ["x"]), kind: "embedding", table: "table" }, ...long.nodes],
    },
    // Scores of variance 0.1, as with PyTorch's own initialization.
    variances: { table: 1, ...long.variances, "y.wq": 0.3 / WIDTH, "y.wk": 0.3 / WIDTH },
    width: 12,
    only: ["y", "y.wq", "y.wk", "y.wv"],
  },
  "a known bias that falls with the distance: few keys weigh (ALiBi)": {
    graph: {
      inputs: { x: [N, T, WIDTH] },
      constants: { bias: { shape: [T, T], values: distances.map((d) => d / 2) } },
      parameters: biased.parameters,
      tensors: biased.tensors,
      outputs: ["y"],
      nodes: biased.nodes,
    },
    variances: { ...biased.variances, "y.wq": 0.3 / WIDTH, "y.wk": 0.3 / WIDTH },
    width: 10,
    only: ["y", "y.a", "y.wv", "y.wq", "y.wk"],
  },
  "a drawn bias by relative position (T5)": {
    graph: {
      inputs: { x: [N, T, WIDTH] },
      constants: { lag: { shape: [T * T], values: distances.map((d) => -d), dtype: "i64" } },
      parameters: { table: [T, 1], ...biased.parameters },
      tensors: { e: [T * T, 1], bias: [T, T], ...biased.tensors },
      outputs: ["y"],
      nodes: [
        { ...base("e", ["lag"], ["e"]), kind: "embedding", table: "table" },
        { ...base("bias", ["e"], ["bias"]), kind: "reshape", shape: [T, T] },
        ...biased.nodes,
      ],
    },
    variances: { table: 1, ...biased.variances, "y.wq": 0.3 / WIDTH, "y.wk": 0.3 / WIDTH },
    width: 10,
    only: ["y", "y.a", "y.wv", "y.wq", "y.wk"],
  },
  "a layer over positions between normalized sums: δ of the channels sums to 0 (MLP-Mixer)": {
    graph: {
      inputs: { x: [N, T, WIDTH] },
      parameters: { w1: [24, T], b1: [24], w2: [T, 24], u: [8, WIDTH] },
      tensors: {
        n: [N, T, WIDTH],
        nt: [N, WIDTH, T],
        h: [N, WIDTH, 24],
        a: [N, WIDTH, 24],
        z: [N, WIDTH, T],
        zt: [N, T, WIDTH],
        s: [N, T, WIDTH],
        m: [N, T, WIDTH],
        y: [N, T, 8],
      },
      outputs: ["y"],
      nodes: [
        norm("n", "x", 2),
        { ...base("nt", ["n"], ["nt"]), kind: "transpose", permutation: [0, 2, 1] },
        { ...base("h", ["nt"], ["h"]), kind: "linear", weight: "w1", bias: "b1", layout: "out-in", scale: 1 },
        act("a", "h", "gelu"),
        linear("z", "a", "w2"),
        { ...base("zt", ["z"], ["zt"]), kind: "transpose", permutation: [0, 2, 1] },
        combine("s", ["n", "zt"], "add"),
        norm("m", "s", 2),
        linear("y", "m", "u"),
      ],
    },
    variances: { w1: 1 / T, b1: 0.05, w2: 1 / 24, u: 1 / WIDTH },
    width: 10,
    only: ["h", "a", "s", "w1", "b1", "w2", "u"],
  },
  "pooling by weights that a layer gives (attention pooling)": {
    graph: {
      inputs: { x: [N, T, WIDTH] },
      parameters: { u: [WIDTH, WIDTH], w: [1, WIDTH], v: [8, WIDTH] },
      tensors: {
        z: [N, T, WIDTH],
        h: [N, T, WIDTH],
        s: [N, T, 1],
        a: [N, T, 1],
        m: [N, T, WIDTH],
        p: [N, WIDTH],
        y: [N, 8],
      },
      outputs: ["y"],
      nodes: [
        linear("z", "x", "u"),
        act("h", "z", "tanh"),
        linear("s", "h", "w"),
        { ...base("a", ["s"], ["a"]), kind: "softmax", axis: 1, log: false },
        combine("m", ["a", "h"], "multiply"),
        reduce("p", "m", "sum", [1]),
        linear("y", "p", "v"),
      ],
    },
    variances: { u: 1 / WIDTH, w: 1 / WIDTH, v: 1 / WIDTH },
    // Weights of variance ~ 1/width of their own, over 10 positions.
    width: 8,
  },
  "normalization behind each sum: the gradient that comes back along it is out of the next one's directions": {
    graph: {
      inputs: { x: [N, NARROW] },
      parameters: Object.fromEntries([0, 1, 2, 3].map((i) => [`w${i}`, [NARROW, NARROW]])),
      tensors: Object.fromEntries(
        ["n0", ...[0, 1, 2, 3].flatMap((i) => [`f${i}`, `s${i}`, `n${i + 1}`])].map((name) => [name, [N, NARROW]]),
      ),
      outputs: ["n4"],
      nodes: [
        norm("n0", "x"),
        ...[0, 1, 2, 3].flatMap((i) => [
          linear(`f${i}`, `n${i}`, `w${i}`),
          combine(`s${i}`, [`n${i}`, `f${i}`], "add"),
          norm(`n${i + 1}`, `s${i}`),
        ]),
      ],
    },
    variances: Object.fromEntries([0, 1, 2, 3].map((i) => [`w${i}`, 0.1 / NARROW])),
    // Two directions of 16 were taken out five times over: ×0.51 at the first matrix. What is left is of second order.
    width: 16,
  },
};

describe("small sequence models, predicted and run", () => {
  it.each(Object.entries(CASES))("%s", (_, small) => agreesWithRun(small));
});
