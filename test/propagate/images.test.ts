/** Graphs over images, small, against runs of the same graphs over draws of the weights. */

import { describe, it } from "vitest";
import type { Node } from "../../src/model/types.ts";
import { base } from "../run/graph.ts";
import { act, agreesWithRun, type Case, linear } from "./case.ts";

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

const maxPool = (name: string, x: string, kernel: number, stride: number, pad: number): Node => ({
  ...base(name, [x], [name]),
  kind: "pool",
  method: "max",
  kernel: [kernel, kernel],
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
};

describe("small graphs over images, predicted and run", () => {
  it.each(Object.entries(CASES))("%s", async (_, graph) => agreesWithRun(graph));
});
