/** One block's weights along a residual stream (ALBERT; Lan et al. 2020), against runs of the same graphs over draws of them. */

import { describe, it } from "vitest";
import type { Node } from "../../src/model/types.ts";
import { base, type Sketch } from "../run/graph.ts";
import { act, agreesWithRun, type Case, combine, linear } from "./case.ts";

const N = 6;
const T = 6;
const WIDTH = 48;
const USES = 2;

/** x + O·attention(x), or x + B·gelu(A·x), applied again and again with the same weights. */
function stack(
  block: (x: string, y: string) => { nodes: Node[]; tensors: Sketch["tensors"] },
  weights: string[],
): Case {
  const uses = Array.from({ length: USES }, (_, i) => block(i === 0 ? "x" : `x${i}`, `x${i + 1}`));
  return {
    graph: {
      inputs: { t: [N, T] },
      tokens: { t: 30 },
      parameters: { table: [30, WIDTH], ...Object.fromEntries(weights.map((w) => [w, [WIDTH, WIDTH]])) },
      tensors: { x: [N, T, WIDTH], ...Object.assign({}, ...uses.map((use) => use.tensors)) },
      nodes: [{ ...base("x", ["t"], ["x"]), kind: "embedding", table: "table" }, ...uses.flatMap((use) => use.nodes)],
      outputs: [`x${USES}`],
    },
    variances: { table: 1, ...Object.fromEntries(weights.map((w) => [w, 1 / WIDTH])) },
    width: 20,
    only: [`x${USES}`, ...weights, "table"],
  };
}

const own = (y: string) => (part: string) => `${y}.${part}`;

const attending = stack(
  (x, y) => {
    const name = own(y);
    const [q, k, v, kt, s, a, o, z] = ["q", "k", "v", "kt", "s", "a", "o", "z"].map(name);
    return {
      nodes: [
        linear(q, x, "wq"),
        linear(k, x, "wk"),
        linear(v, x, "wv"),
        { ...base(kt, [k], [kt]), kind: "transpose", permutation: [0, 2, 1] },
        { ...base(s, [q, kt], [s]), kind: "matmul", scale: 0.5 * WIDTH ** -0.5 },
        { ...base(a, [s], [a]), kind: "softmax", axis: 2, log: false },
        { ...base(o, [a, v], [o]), kind: "matmul", scale: 1 },
        linear(z, o, "wo"),
        combine(y, [x, z], "add"),
      ],
      tensors: {
        ...Object.fromEntries([q, k, v, o, z, y].map((tensor) => [tensor, [N, T, WIDTH]])),
        [kt]: [N, WIDTH, T],
        [s]: [N, T, T],
        [a]: [N, T, T],
      },
    };
  },
  ["wq", "wk", "wv", "wo"],
);

const feeding = stack(
  (x, y) => {
    const name = own(y);
    const [z, a, b] = ["z", "a", "b"].map(name);
    return {
      nodes: [linear(z, x, "wa"), act(a, z, "gelu"), linear(b, a, "wb"), combine(y, [x, b], "add")],
      tensors: Object.fromEntries([z, a, b, y].map((tensor) => [tensor, [N, T, WIDTH]])),
    };
  },
  ["wa", "wb"],
);

describe("one block's weights along a residual stream", () => {
  it("attention: what its uses add to the stream, and hand back from it, hangs together", () =>
    agreesWithRun(attending));
  it("layers: the same", () => agreesWithRun(feeding));
});
