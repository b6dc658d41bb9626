/** Graphs over images, small, against runs of the same graphs over draws of the weights. */

import { describe, expect, it } from "vitest";
import type { Node } from "../../src/model/types.ts";
import { propagate } from "../../src/propagate/index.ts";
import { base, sketch } from "../run/graph.ts";
import { act, agreesWithRun, type Case, combine, linear, reduce } from "./case.ts";

const N = 32;

interface Geometry {
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
  readonly transposed?: boolean;
}

const conv = (
  name: string,
  x: string,
  weight: string,
  pad: number,
  { kernel = 3, stride = 1, groups = 1, transposed = false }: Geometry = {},
): Node => ({
  ...base(name, [x], [name]),
  kind: "conv",
  weight,
  bias: null,
  transposed,
  groups,
  kernel: [kernel, kernel],
  strides: [stride, stride],
  dilations: [1, 1],
  pads: [pad, pad, pad, pad],
});
const reshape = (name: string, x: string): Node => ({ ...base(name, [x], [name]), kind: "reshape", shape: [] });
const transpose = (name: string, x: string, permutation: number[]): Node => ({
  ...base(name, [x], [name]),
  kind: "transpose",
  permutation,
});

const maxPool = (name: string, x: string, kernel: number | [number, number], stride: number, pad: number): Node => ({
  ...base(name, [x], [name]),
  kind: "pool",
  method: "max",
  kernel: typeof kernel === "number" ? [kernel, kernel] : kernel,
  strides: [stride, stride],
  dilations: [1, 1],
  pads: [pad, pad, pad, pad],
  countPadding: false,
});

const CASES: Readonly<Record<string, Case>> = {
  "features laid out as a map: positions of their own for the layers behind": {
    graph: {
      inputs: { x: [N, 32] },
      parameters: { w: [384, 32], k1: [24, 16, 4, 4], k2: [16, 3, 3, 3] },
      tensors: { z: [N, 384], m: [N, 24, 4, 4], a: [N, 24, 4, 4], c: [N, 16, 8, 8], r: [N, 16, 8, 8], y: [N, 3, 8, 8] },
      outputs: ["y"],
      nodes: [
        linear("z", "x", "w"),
        reshape("m", "z"),
        act("a", "m", "relu"),
        conv("c", "a", "k1", 1, { kernel: 4, stride: 2, transposed: true }),
        act("r", "c", "relu"),
        conv("y", "r", "k2", 1),
      ],
    },
    variances: { w: 1 / 32, k1: 1 / 96, k2: 1 / 144 },
    width: 16,
  },
  "pixels shuffled out of channels": {
    graph: {
      inputs: { x: [N, 3, 6, 6] },
      parameters: { k1: [64, 3, 3, 3], k2: [4, 16, 3, 3] },
      tensors: {
        c: [N, 64, 6, 6],
        s: [N, 16, 2, 2, 6, 6],
        t: [N, 16, 6, 2, 6, 2],
        p: [N, 16, 12, 12],
        r: [N, 16, 12, 12],
        y: [N, 4, 12, 12],
      },
      outputs: ["y"],
      nodes: [
        conv("c", "x", "k1", 1),
        reshape("s", "c"),
        transpose("t", "s", [0, 1, 4, 2, 5, 3]),
        reshape("p", "t"),
        act("r", "p", "relu"),
        conv("y", "r", "k2", 1),
      ],
    },
    variances: { k1: 1 / 27, k2: 1 / 144 },
    width: 16,
  },
  "the largest of rectified branches side by side: winners are open in each": {
    graph: {
      inputs: { x: [N, 3, 8, 8] },
      parameters: { k1: [24, 3, 3, 3], k2: [24, 3, 3, 3], k3: [8, 48, 3, 3] },
      tensors: {
        a: [N, 24, 8, 8],
        b: [N, 24, 8, 8],
        p: [N, 24, 8, 8],
        q: [N, 24, 8, 8],
        j: [N, 48, 8, 8],
        m: [N, 48, 4, 4],
        y: [N, 8, 4, 4],
      },
      outputs: ["y"],
      nodes: [
        conv("a", "x", "k1", 1),
        conv("b", "x", "k2", 1),
        act("p", "a", "relu"),
        act("q", "b", "relu"),
        { ...base("j", ["p", "q"], ["j"]), kind: "concat", axis: 1 },
        maxPool("m", "j", 2, 2, 0),
        conv("y", "m", "k3", 1),
      ],
    },
    variances: { k1: 1 / 27, k2: 1 / 27, k3: 1 / 432 },
    width: 24,
  },
  "windows that meet padding have fewer members": {
    graph: {
      inputs: { x: [N, 3, 5, 5] },
      parameters: { k1: [24, 3, 3, 3], k2: [8, 24, 1, 1] },
      tensors: { a: [N, 24, 5, 5], r: [N, 24, 5, 5], m: [N, 24, 5, 5], y: [N, 8, 5, 5] },
      outputs: ["y"],
      nodes: [
        conv("a", "x", "k1", 1),
        act("r", "a", "relu"),
        maxPool("m", "r", 3, 1, 1),
        conv("y", "m", "k2", 0, { kernel: 1 }),
      ],
    },
    variances: { k1: 1 / 27, k2: 1 / 24 },
    width: 16,
    // Windows at every position share winners: the gradient of what is pooled comes out 28 % low.
    only: ["a", "r", "m", "y", "k2"],
  },
  "maps flattened side by side, and beside a vector: every element a feature": {
    graph: {
      inputs: { x: [N, 3, 8, 8], t: [N, 20] },
      parameters: { k1: [16, 3, 3, 3], w1: [32, 148], w2: [8, 32] },
      tensors: {
        a: [N, 16, 8, 8],
        r: [N, 16, 8, 8],
        m: [N, 16, 2, 2],
        n: [N, 16, 2, 2],
        f: [N, 64],
        g: [N, 64],
        j: [N, 148],
        z: [N, 32],
        s: [N, 32],
        y: [N, 8],
      },
      outputs: ["y"],
      nodes: [
        conv("a", "x", "k1", 1),
        act("r", "a", "relu"),
        maxPool("m", "r", 4, 4, 0),
        maxPool("n", "r", [2, 4], 4, 0),
        reshape("f", "m"),
        reshape("g", "n"),
        { ...base("j", ["f", "t", "g"], ["j"]), kind: "concat", axis: 1 },
        linear("z", "j", "w1"),
        act("s", "z", "relu"),
        linear("y", "s", "w2"),
      ],
    },
    variances: { k1: 1 / 27, w1: 1 / 148, w2: 1 / 32 },
    width: 16,
  },
  "two towers of one encoder stand to each other as two samples do": {
    graph: {
      inputs: { u: [N, 1, 8, 8], v: [N, 1, 8, 8] },
      parameters: { k1: [24, 1, 3, 3], k2: [24, 24, 3, 3], w: [48, 24], h: [8, 48] },
      tensors: Object.fromEntries([
        ...["u", "v"].flatMap((x) => [
          [`c${x}`, [N, 24, 8, 8]],
          [`r${x}`, [N, 24, 8, 8]],
          [`m${x}`, [N, 24, 4, 4]],
          [`d${x}`, [N, 24, 4, 4]],
          [`s${x}`, [N, 24, 4, 4]],
          [`g${x}`, [N, 24]],
          [`z${x}`, [N, 48]],
        ]),
        ["difference", [N, 48]],
        ["product", [N, 48]],
        ["y", [N, 8]],
        ["t", [N, 8]],
      ]),
      outputs: ["y", "t"],
      nodes: [
        ...["u", "v"].flatMap((x) => [
          conv(`c${x}`, x, "k1", 1),
          act(`r${x}`, `c${x}`, "relu"),
          maxPool(`m${x}`, `r${x}`, 2, 2, 0),
          conv(`d${x}`, `m${x}`, "k2", 1),
          act(`s${x}`, `d${x}`, "relu"),
          reduce(`g${x}`, `s${x}`, "mean", [2, 3]),
          linear(`z${x}`, `g${x}`, "w"),
        ]),
        combine("difference", ["zu", "zv"], "subtract"),
        combine("product", ["zu", "zv"], "multiply"),
        linear("y", "difference", "h"),
        linear("t", "product", "h"),
      ],
    },
    variances: { k1: 1 / 9, k2: 1 / 216, w: 1 / 24, h: 1 / 48 },
    width: 8,
    only: ["zu", "zv", "difference", "product", "y", "t"],
    warnings: ["independent-branches"],
  },
};

describe("small graphs over images, predicted and run", () => {
  it.each(Object.entries(CASES))("%s", async (_, graph) => agreesWithRun(graph));
});

describe("in closed form", () => {
  it("pixels unshuffled into channels: four weights where a channel had one", () => {
    const model = sketch({
      inputs: { x: [N, 8, 8, 8] },
      parameters: { k: [8, 32, 1, 1] },
      tensors: { s: [N, 8, 4, 2, 4, 2], t: [N, 8, 2, 2, 4, 4], p: [N, 32, 4, 4], y: [N, 8, 4, 4] },
      outputs: ["y"],
      nodes: [
        reshape("s", "x"),
        transpose("t", "s", [0, 1, 3, 5, 2, 4]),
        reshape("p", "t"),
        conv("y", "p", "k", 0, { kernel: 1 }),
      ],
    });
    const { signals, gradients } = propagate(model, () => ({ mean: 0, variance: 1 / 16 }), { batch: N });
    // 32 products of variance 1/16 each; a weight meets 16 positions, value and gradient of variance 1 each.
    expect(signals.get("y")?.secondMoment).toBeCloseTo(32 / 16, 12);
    expect(gradients.get("k")).toBeCloseTo(16, 12);
  });

  it("coordinates beside an image: a constant that has the batch's axis is one of each sample", () => {
    const values = Array.from({ length: N * 2 * 36 }, (_, i) => (i % 36 < 18 ? 0.5 : -0.5));
    const model = sketch({
      inputs: { x: [N, 3, 6, 6] },
      parameters: { k: [8, 5, 1, 1] },
      constants: { c: { shape: [N, 2, 6, 6], values } },
      tensors: { j: [N, 5, 6, 6], y: [N, 8, 6, 6] },
      outputs: ["y"],
      nodes: [{ ...base("j", ["x", "c"], ["j"]), kind: "concat", axis: 1 }, conv("y", "j", "k", 0, { kernel: 1 })],
    });
    const { signals, gradients } = propagate(model, () => ({ mean: 0, variance: 1 }), { batch: N });
    // Three inputs of variance 1, two of square 1/4; a weight meets 36 positions of the mean square 3.5/5.
    expect(signals.get("y")?.secondMoment).toBeCloseTo(3.5, 12);
    expect(gradients.get("k")).toBeCloseTo((36 * 3.5) / 5, 12);
  });

  it("a scale and a shift for every element of a map: nothing is summed over positions", () => {
    const model = sketch({
      inputs: { x: [N, 16, 8, 8] },
      parameters: { scale: [16, 8, 8], shift: [16, 8, 8] },
      tensors: { y: [N, 16, 8, 8] },
      outputs: ["y"],
      nodes: [
        {
          ...base("y", ["x"], ["y"]),
          kind: "normalize",
          method: "layer",
          axes: [1, 2, 3],
          groups: 1,
          epsilon: 0,
          scale: "scale",
          shift: "shift",
          mean: null,
          variance: null,
          training: false,
        },
      ],
    });
    const law = (name: string) => ({ mean: name === "scale" ? 1 : 0, variance: 0 });
    const { gradients } = propagate(model, law, { batch: N });
    expect(gradients.get("shift")).toBeCloseTo(1, 12);
    expect(gradients.get("scale")).toBeCloseTo(1, 12);
  });

  it("a gate in front of batch statistics: what all samples have in common takes no part in its gradient", () => {
    const positions = 36;
    const model = sketch({
      inputs: { x: [N, 8, 6, 6], t: [N, 8] },
      parameters: { w: [8, 8], b: [8], k: [8, 8, 1, 1] },
      tensors: { g: [N, 8], h: [N, 8, 1, 1], p: [N, 8, 6, 6], c: [N, 8, 6, 6], y: [N, 8, 6, 6] },
      outputs: ["y"],
      nodes: [
        { ...base("g", ["t"], ["g"]), kind: "linear", weight: "w", bias: "b", layout: "out-in", scale: 1 },
        reshape("h", "g"),
        combine("p", ["x", "h"], "multiply"),
        conv("c", "p", "k", 0, { kernel: 1 }),
        {
          ...base("y", ["c"], ["y"]),
          kind: "normalize",
          method: "batch",
          axes: [1],
          groups: 1,
          epsilon: 0,
          scale: null,
          shift: null,
          mean: null,
          variance: null,
          training: true,
        },
      ],
    });
    const law = (name: string) => ({ mean: name === "b" ? 1 : 0, variance: name === "b" ? 0 : 1 / 8 });
    const { signals, gradients } = propagate(model, law, { batch: N, mode: "train", inputMean: 3 });
    // Σ δ over batch and positions is 0: Σ δ x = Σ δ (x − 3), a sum of N·36 terms of the variance E[δ²], less the one direction.
    const expected = positions * (signals.get("p")?.gradient ?? 0);
    expect(Math.abs((gradients.get("b") ?? 0) / expected - 1)).toBeLessThan(10 / (N * positions));
  });

  it("the largest of largest members: one wider window", () => {
    const pooled = (nodes: Node[]) =>
      propagate(
        sketch({
          inputs: { x: [N, 4, 12, 12] },
          tensors: { a: [N, 4, 12, 12], b: [N, 4, 12, 12], y: [N, 4, 12, 12] },
          outputs: ["y"],
          nodes,
        }),
        () => ({ mean: 0, variance: 0 }),
        { batch: N },
      ).signals.get("y")?.secondMoment;
    const chain = [maxPool("a", "x", 3, 1, 1), maxPool("b", "a", 3, 1, 1), maxPool("y", "b", 5, 1, 2)];
    expect(pooled(chain)).toBe(pooled([maxPool("y", "x", 9, 1, 4)]));
  });

  it("warns of filters that an encoder and a decoder share: what they have in common is not followed", () => {
    const codes = (decoder: string) =>
      propagate(
        sketch({
          inputs: { x: [N, 4, 6, 6] },
          parameters: { k: [8, 4, 3, 3], other: [8, 4, 3, 3] },
          tensors: { z: [N, 8, 6, 6], y: [N, 4, 6, 6] },
          outputs: ["y"],
          nodes: [conv("z", "x", "k", 1), conv("y", "z", decoder, 1, { transposed: true })],
        }),
        () => ({ mean: 0, variance: 1 / 36 }),
        { batch: N },
      ).warnings.map(({ code }) => code);
    expect(codes("k")).toContain("independent-branches");
    expect(codes("other")).not.toContain("independent-branches");
  });

  it("branches with a gate each (selective kernels): sums of gated maps stay numbers", () => {
    const map = [N, 8, 6, 6];
    const model = sketch({
      inputs: { x: [N, 8, 6, 6] },
      parameters: { k1: [8, 8, 3, 3], k2: [8, 8, 3, 3], w: [8, 8] },
      tensors: {
        ...{ a: map, b: map, ra: map, rb: map, s: map, p: map, q: map, y: map },
        ...{ m: [N, 8], z: [N, 8], g: [N, 8], h: [N, 8], g1: [N, 8, 1, 1], h1: [N, 8, 1, 1], t: [N, 8] },
      },
      outputs: ["t"],
      nodes: [
        conv("a", "x", "k1", 1),
        conv("b", "x", "k2", 1),
        act("ra", "a", "relu"),
        act("rb", "b", "relu"),
        combine("s", ["ra", "rb"], "add"),
        reduce("m", "s", "mean", [2, 3]),
        linear("z", "m", "w"),
        act("g", "z", "sigmoid"),
        act("h", "z", "tanh"),
        reshape("g1", "g"),
        reshape("h1", "h"),
        combine("p", ["ra", "g1"], "multiply"),
        combine("q", ["rb", "h1"], "multiply"),
        combine("y", ["p", "q"], "add"),
        reduce("t", "y", "mean", [2, 3]),
      ],
    });
    const { signals, gradients } = propagate(model, () => ({ mean: 0, variance: 1 / 72 }), { batch: N });
    expect([...signals.values()].map(({ secondMoment }) => secondMoment).every(Number.isFinite)).toBe(true);
    expect([...gradients.values()].every(Number.isFinite)).toBe(true);
  });
});
