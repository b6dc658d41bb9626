/** Queries and keys normalized a head at a time (Henry et al. 2020), with one scale for all heads, against a run. */

import { describe, it } from "vitest";
import type { Node } from "../../src/model/types.ts";
import { base } from "../run/graph.ts";
import { agreesWithRun, linear } from "./case.ts";

const [N, T, HEADS, EACH] = [3, 6, 2, 12];
const WIDTH = HEADS * EACH;
const flat = [N, T, WIDTH];
const split = [N, T, HEADS, EACH];
const byHead = [N, HEADS, T, EACH];

function projected(name: string): Node[] {
  return [
    {
      ...base(name, ["x"], [name]),
      kind: "linear",
      weight: `w.${name}`,
      bias: `b.${name}`,
      layout: "out-in",
      scale: 1,
    },
    { ...base(`${name}.s`, [name], [`${name}.s`]), kind: "reshape", shape: split },
    { ...base(`${name}.h`, [`${name}.s`], [`${name}.h`]), kind: "transpose", permutation: [0, 2, 1, 3] },
  ];
}
const normalized = (name: string): Node => ({
  ...base(`${name}.n`, [`${name}.h`], [`${name}.n`]),
  kind: "normalize",
  method: "rms",
  axes: [3],
  groups: 1,
  epsilon: 1e-6,
  scale: `g.${name}`,
  shift: null,
  mean: null,
  variance: null,
  training: false,
});

describe("normalization of each head's queries and keys", () => {
  it("has E[1/s²] of few features, one scale's gradient over all heads, and a bias behind which keys do not sum to 0", () =>
    agreesWithRun({
      graph: {
        inputs: { x: flat },
        parameters: {
          ...Object.fromEntries(
            ["q", "k", "v"].flatMap((p) => [
              [`w.${p}`, [WIDTH, WIDTH]],
              [`b.${p}`, [WIDTH]],
            ]),
          ),
          "g.q": [EACH],
          "g.k": [EACH],
          wo: [WIDTH, WIDTH],
        },
        tensors: {
          ...Object.fromEntries(
            ["q", "k", "v"].flatMap((p) => [
              [p, flat],
              [`${p}.s`, split],
              [`${p}.h`, byHead],
            ]),
          ),
          "q.n": byHead,
          "k.n": byHead,
          kt: [N, HEADS, EACH, T],
          s: [N, HEADS, T, T],
          a: [N, HEADS, T, T],
          o: byHead,
          ot: split,
          y: flat,
          z: flat,
        },
        outputs: ["z"],
        nodes: [
          ...["q", "k", "v"].flatMap(projected),
          ...["q", "k"].map(normalized),
          { ...base("kt", ["k.n"], ["kt"]), kind: "transpose", permutation: [0, 1, 3, 2] },
          { ...base("s", ["q.n", "kt"], ["s"]), kind: "matmul", scale: EACH ** -0.5 },
          { ...base("a", ["s"], ["a"]), kind: "softmax", axis: 3, log: false },
          { ...base("o", ["a", "v.h"], ["o"]), kind: "matmul", scale: 1 },
          { ...base("ot", ["o"], ["ot"]), kind: "transpose", permutation: [0, 2, 1, 3] },
          { ...base("y", ["ot"], ["y"]), kind: "reshape", shape: flat },
          linear("z", "y", "wo"),
        ],
      },
      variances: {
        ...Object.fromEntries(
          ["q", "k", "v"].flatMap((p) => [
            [`w.${p}`, 1 / WIDTH],
            [`b.${p}`, 0],
          ]),
        ),
        wo: 1 / WIDTH,
      },
      // Twelve features a head.
      means: { "g.q": 0.5, "g.k": 0.5 },
      width: 6,
      only: ["g.q", "g.k", "w.q", "w.k", "b.q", "b.k", "z"],
    }));
});
