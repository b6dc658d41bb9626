/** Graphs of the kinds people use, small, against runs of the same graphs over draws of the weights. */

import { describe, expect, it } from "vitest";
import type { Node } from "../../src/model/types.ts";
import { propagate } from "../../src/propagate/index.ts";
import { base, sketch } from "../run/graph.ts";
import { act, agreesWithRun, type Case, combine, linear, reduce } from "./case.ts";

const conv = (name: string, x: string, weight: string, pad: number): Node => ({
  ...base(name, [x], [name]),
  kind: "conv",
  weight,
  bias: null,
  transposed: false,
  groups: 1,
  kernel: [3, 3],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [pad, pad, pad, pad],
});

const N = 32;
const CASES: Readonly<Record<string, Case>> = {
  "a readout by the table that was read: the token's own logit is d·ρ": {
    graph: {
      inputs: { t: [N, 6] },
      tokens: { t: 32 },
      parameters: { table: [32, 48], w: [48, 48] },
      tensors: { e: [N, 6, 48], z: [N, 6, 48], a: [N, 6, 48], x: [N, 6, 48], y: [N, 6, 32] },
      outputs: ["y"],
      nodes: [
        { ...base("e", ["t"], ["e"]), kind: "embedding", table: "table" },
        linear("z", "e", "w"),
        act("a", "z", "tanh"),
        combine("x", ["e", "a"], "add"),
        linear("y", "x", "table"),
      ],
    },
    variances: { table: 1, w: 1 / 48 },
    width: 48,
  },
  "one matrix around a residual stream: its branches hang together": {
    graph: {
      inputs: { x: [N, 64] },
      parameters: { w: [64, 64], v: [8, 64] },
      tensors: { z: [N, 64], a: [N, 64], s: [N, 64], z2: [N, 64], a2: [N, 64], s2: [N, 64], y: [N, 8] },
      outputs: ["y"],
      nodes: [
        linear("z", "x", "w"),
        act("a", "z", "tanh"),
        combine("s", ["x", "a"], "add"),
        linear("z2", "s", "w"),
        act("a2", "z2", "tanh"),
        combine("s2", ["s", "a2"], "add"),
        linear("y", "s2", "v"),
      ],
    },
    variances: { w: 1 / 64, v: 1 / 64 },
    width: 32,
  },
  "one matrix on two views of a tensor: their gradients add up": {
    graph: {
      inputs: { x: [N, 32] },
      parameters: { u: [64, 32], w: [64, 64], v: [8, 64] },
      tensors: { h: [N, 64], t: [N, 64], p: [N, 64], q: [N, 64], s: [N, 64], y: [N, 8] },
      outputs: ["y"],
      nodes: [
        linear("h", "x", "u"),
        act("t", "h", "tanh"),
        linear("p", "h", "w"),
        linear("q", "t", "w"),
        combine("s", ["p", "q"], "add"),
        linear("y", "s", "v"),
      ],
    },
    variances: { u: 1 / 32, w: 1 / 64, v: 1 / 64 },
    width: 32,
  },
  "two towers of one matrix, subtracted: what they have in common drops out": {
    graph: {
      inputs: { x: [N, 32], x2: [N, 32] },
      parameters: { u: [64, 32], w: [64, 64], v: [8, 64] },
      tensors: { h: [N, 64], a: [N, 64], z: [N, 64], h2: [N, 64], a2: [N, 64], z2: [N, 64], d: [N, 64], y: [N, 8] },
      outputs: ["y"],
      nodes: [
        linear("h", "x", "u"),
        act("a", "h", "relu"),
        linear("z", "a", "w"),
        linear("h2", "x2", "u"),
        act("a2", "h2", "relu"),
        linear("z2", "a2", "w"),
        combine("d", ["z", "z2"], "subtract"),
        linear("y", "d", "v"),
      ],
    },
    variances: { u: 2 / 32, w: 2 / 64, v: 1 / 64 },
    width: 32,
  },
  "one convolution around a residual map": {
    graph: {
      inputs: { x: [N, 3, 6, 6] },
      parameters: { k: [24, 3, 3, 3], w: [24, 24, 3, 3], v: [8, 24] },
      tensors: {
        c: [N, 24, 6, 6],
        c1: [N, 24, 6, 6],
        r1: [N, 24, 6, 6],
        s1: [N, 24, 6, 6],
        c2: [N, 24, 6, 6],
        r2: [N, 24, 6, 6],
        s2: [N, 24, 6, 6],
        p: [N, 24],
        y: [N, 8],
      },
      outputs: ["y"],
      nodes: [
        conv("c", "x", "k", 1),
        conv("c1", "c", "w", 1),
        act("r1", "c1", "tanh"),
        combine("s1", ["c", "r1"], "add"),
        conv("c2", "s1", "w", 1),
        act("r2", "c2", "tanh"),
        combine("s2", ["s1", "r2"], "add"),
        reduce("p", "s2", "mean", [2, 3]),
        linear("y", "p", "v"),
      ],
    },
    variances: { k: 1 / 27, w: 1 / 216, v: 1 / 24 },
    width: 12,
  },
  "convolutions before a global pooling: the rectifier's share of a shared weight's gradient": {
    graph: {
      inputs: { x: [N, 3, 8, 8] },
      parameters: { k1: [24, 3, 3, 3], k2: [24, 24, 3, 3], v: [8, 24] },
      tensors: { c1: [N, 24, 8, 8], r1: [N, 24, 8, 8], c2: [N, 24, 8, 8], r2: [N, 24, 8, 8], p: [N, 24], y: [N, 8] },
      outputs: ["y"],
      nodes: [
        conv("c1", "x", "k1", 1),
        act("r1", "c1", "relu"),
        conv("c2", "r1", "k2", 1),
        act("r2", "c2", "relu"),
        reduce("p", "r2", "mean", [2, 3]),
        linear("y", "p", "v"),
      ],
    },
    variances: { k1: 2 / 27, k2: 2 / 216, v: 1 / 24 },
    width: 12,
  },
  "the largest SiLU of a window: not always that of the largest argument": {
    graph: {
      inputs: { x: [N, 3, 8, 8] },
      parameters: { k: [32, 3, 3, 3], v: [8, 512] },
      tensors: { c: [N, 32, 8, 8], r: [N, 32, 8, 8], m: [N, 32, 4, 4], f: [N, 512], y: [N, 8] },
      outputs: ["y"],
      nodes: [
        conv("c", "x", "k", 1),
        act("r", "c", "silu"),
        {
          ...base("m", ["r"], ["m"]),
          kind: "pool",
          method: "max",
          kernel: [2, 2],
          strides: [2, 2],
          dilations: [1, 1],
          pads: [0, 0, 0, 0],
          countPadding: false,
        },
        { ...base("f", ["m"], ["f"]), kind: "reshape", shape: [N, 512] },
        linear("y", "f", "v"),
      ],
    },
    variances: { k: 1 / 27, v: 1 / 512 },
    width: 12,
  },
  "a transposed convolution of stride 2 before a global pooling": {
    graph: {
      inputs: { x: [N, 16, 4, 4] },
      parameters: { k: [16, 24, 4, 4], v: [8, 24] },
      tensors: { c: [N, 24, 8, 8], r: [N, 24, 8, 8], p: [N, 24], y: [N, 8] },
      outputs: ["y"],
      nodes: [
        {
          ...base("c", ["x"], ["c"]),
          kind: "conv",
          weight: "k",
          bias: null,
          transposed: true,
          groups: 1,
          kernel: [4, 4],
          strides: [2, 2],
          dilations: [1, 1],
          pads: [1, 1, 1, 1],
        },
        act("r", "c", "relu"),
        reduce("p", "r", "mean", [2, 3]),
        linear("y", "p", "v"),
      ],
    },
    variances: { k: 1 / 64, v: 1 / 24 },
    width: 12,
  },
  "two directions joined, reshaped and cut again: each keeps its own size": {
    graph: {
      inputs: { x: [N, 48] },
      parameters: { u: [24, 48], w: [24, 48], v: [8, 24] },
      tensors: { a: [N, 24], b: [N, 24], j: [N, 48], h: [N, 2, 24], f: [N, 48], c: [N, 24], y: [N, 8] },
      outputs: ["y"],
      nodes: [
        linear("a", "x", "u"),
        linear("b", "x", "w"),
        { ...base("j", ["a", "b"], ["j"]), kind: "concat", axis: 1 },
        { ...base("h", ["j"], ["h"]), kind: "reshape", shape: [N, 2, 24] },
        { ...base("f", ["h"], ["f"]), kind: "reshape", shape: [N, 48] },
        { ...base("c", ["f"], ["c"]), kind: "slice", ranges: [{ axis: 1, start: 24, count: 24, step: 1 }] },
        linear("y", "c", "v"),
      ],
    },
    variances: { u: 1 / 48, w: 9 / 48, v: 1 / 24 },
    width: 24,
    // What is cut away gets no gradient at all.
    only: ["a", "b", "j", "h", "f", "c", "y", "w", "v"],
  },
  "a recurrence written out over three steps, its states averaged": {
    graph: {
      inputs: { x: [N, 3, 32] },
      parameters: { u: [64, 32], w: [64, 64], v: [8, 64] },
      tensors: {
        ...Object.fromEntries(["x0", "x1", "x2"].map((name) => [name, [N, 32]])),
        ...Object.fromEntries(
          ["i0", "i1", "i2", "h0", "h1", "h2", "r0", "r1", "z1", "z2"].map((name) => [name, [N, 64]]),
        ),
        ...Object.fromEntries(["s0", "s1", "s2"].map((name) => [name, [N, 1, 64]])),
        s: [N, 3, 64],
        m: [N, 64],
        y: [N, 8],
      },
      outputs: ["y"],
      nodes: [
        ...[0, 1, 2].flatMap((t): Node[] => [
          { ...base(`x${t}`, ["x"], [`x${t}`]), kind: "gather", axis: 1, indices: [t], scalar: true },
          linear(`i${t}`, `x${t}`, "u"),
          ...(t === 0 ? [] : [linear(`r${t - 1}`, `h${t - 1}`, "w"), combine(`z${t}`, [`i${t}`, `r${t - 1}`], "add")]),
          act(`h${t}`, t === 0 ? "i0" : `z${t}`, "tanh"),
          { ...base(`s${t}`, [`h${t}`], [`s${t}`]), kind: "reshape", shape: [N, 1, 64] },
        ]),
        { ...base("s", ["s0", "s1", "s2"], ["s"]), kind: "concat", axis: 1 },
        reduce("m", "s", "mean", [1]),
        linear("y", "m", "v"),
      ],
    },
    variances: { u: 1 / 32, w: 1 / 64, v: 1 / 64 },
    width: 24,
  },
  "borders that mirror, and interpolation": {
    graph: {
      inputs: { x: [N, 3, 6, 6] },
      parameters: { k1: [16, 3, 3, 3], k2: [4, 16, 3, 3] },
      tensors: { m: [N, 3, 8, 8], c1: [N, 16, 6, 6], r1: [N, 16, 6, 6], u: [N, 16, 12, 12], y: [N, 4, 12, 12] },
      outputs: ["y"],
      nodes: [
        { ...base("m", ["x"], ["m"]), kind: "pad", mode: "reflect", pads: [0, 0, 1, 1, 0, 0, 1, 1], value: 0 },
        conv("c1", "m", "k1", 0),
        act("r1", "c1", "relu"),
        {
          ...base("u", ["r1"], ["u"]),
          kind: "resize",
          mode: "linear",
          scales: [1, 1, 2, 2],
          coordinates: "half_pixel",
          rounding: "floor",
        },
        conv("y", "u", "k2", 1),
      ],
    },
    variances: { k1: 1 / 27, k2: 1 / 144 },
    width: 16,
  },
  "the larger of two branches (Clark 1961)": {
    graph: {
      inputs: { x: [N, 48] },
      parameters: { w1: [64, 48], w2: [64, 48], v: [8, 64] },
      tensors: { a: [N, 64], b: [N, 64], m: [N, 64], y: [N, 8] },
      outputs: ["y"],
      nodes: [
        linear("a", "x", "w1"),
        linear("b", "x", "w2"),
        combine("m", ["a", "b"], "maximum"),
        linear("y", "m", "v"),
      ],
    },
    variances: { w1: 1 / 48, w2: 2 / 48, v: 1 / 64 },
    width: 48,
  },
  "the largest over positions: order statistics": {
    graph: {
      inputs: { x: [N, 6, 48] },
      parameters: { w: [64, 48], v: [8, 64] },
      tensors: { a: [N, 6, 64], t: [N, 64], y: [N, 8] },
      outputs: ["y"],
      nodes: [linear("a", "x", "w"), reduce("t", "a", "max", [1]), linear("y", "t", "v")],
    },
    variances: { w: 1 / 48, v: 1 / 64 },
    width: 48,
  },
};

describe("small graphs, predicted and run", () => {
  it.each(Object.entries(CASES))("%s", (_, small) => agreesWithRun(small));
});

describe("squares at finite width", () => {
  const [n, width] = [24, 32];
  const square = (name: string, x: string): Node => ({
    ...base(name, [x], [name]),
    kind: "activation",
    activation: {
      kind: "expression",
      expression: { kind: "binary", fn: "mul", left: { kind: "x" }, right: { kind: "x" } },
    },
    slope: null,
  });
  const model = sketch({
    inputs: { x: [8, n] },
    parameters: { w: [width, n], v: [width, width] },
    tensors: { z: [8, width], a: [8, width], u: [8, width], y: [8, width] },
    outputs: ["y"],
    nodes: [linear("z", "x", "w"), square("a", "z"), linear("u", "a", "v"), square("y", "u")],
  });
  const { signals, warnings } = propagate(model, (name) => ({ mean: 0, variance: 1 / (name === "w" ? n : width) }));
  const second = (tensor: string) => signals.get(tensor)?.secondMoment ?? Number.NaN;
  // Gaussian weights and inputs. z | x ~ N(0, r), r = |x|²/n: E[z⁴] = 3E[r²], E[r²] = 1 + 2/n.
  const r2 = 1 + 2 / n;
  const r4 = r2 * (1 + 4 / n) * (1 + 6 / n);

  it("hold the fourth moment of a sum over few inputs", () => {
    expect(second("a") / (3 * r2)).toBeCloseTo(1, 3);
  });

  // u | x, W ~ N(0, s), s = Σ z⁴/width: E[u⁴] = 3E[s²] = 3(9E[r⁴] + 96E[r⁴]/width). The prediction is of first order in 2/n.
  it("pass on what the layer before was uneven in", () => {
    expect(Math.abs(second("y") / (3 * (9 + 96 / width) * r4) - 1)).toBeLessThan((4 / n) ** 2);
    expect(warnings.map(({ code }) => code)).toContain("first-approximation");
  });
});
