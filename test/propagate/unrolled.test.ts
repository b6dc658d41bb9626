/** A gated recurrence written out step by step, its gates rows of one projection (GRU; Cho et al. 2014), against a run. */

import { describe, expect, it } from "vitest";
import { correlationMap, resolveActivation } from "../../src/activation/index.ts";
import type { Node } from "../../src/model/types.ts";
import { smoothProduct } from "../../src/propagate/law/hermite.ts";
import { base } from "../run/graph.ts";
import { act, agreesWithRun, combine, linear } from "./case.ts";

const [N, STEPS, WIDTH] = [8, 3, 32];
const flat = [N, WIDTH];
const cut = (x: string): Node => ({
  ...base(
    x,
    [x],
    [0, 1, 2].map((i) => `${x}.${i}`),
  ),
  name: `${x}.split`,
  kind: "split",
  axis: 1,
  sizes: [WIDTH, WIDTH, WIDTH],
});

/** h' = n + z(h − n), z = σ(Wx + Uh), n = tanh(Wx + r·Uh), r as z. */
function step(t: number): Node[] {
  const [x, h, y] = [`x${t}`, `h${t}`, `h${t + 1}`];
  const own = (part: string) => `${part}${t}`;
  return [
    linear(own("a"), x, "w"),
    cut(own("a")),
    linear(own("b"), h, "u"),
    cut(own("b")),
    combine(own("zs"), [`a${t}.0`, `b${t}.0`], "add"),
    act(own("z"), own("zs"), "sigmoid"),
    combine(own("rs"), [`a${t}.1`, `b${t}.1`], "add"),
    act(own("r"), own("rs"), "sigmoid"),
    combine(own("m"), [own("r"), `b${t}.2`], "multiply"),
    combine(own("ns"), [`a${t}.2`, own("m")], "add"),
    act(own("n"), own("ns"), "tanh"),
    combine(own("d"), [h, own("n")], "subtract"),
    combine(own("g"), [own("z"), own("d")], "multiply"),
    combine(y, [own("n"), own("g")], "add"),
  ];
}
const times = Array.from({ length: STEPS }, (_, t) => t);

describe("a recurrence written out", () => {
  it("gates, what they let through, and one matrix at every step", () =>
    agreesWithRun({
      graph: {
        inputs: Object.fromEntries([["h0", flat], ...times.map((t) => [`x${t}`, flat])]),
        parameters: { w: [3 * WIDTH, WIDTH], u: [3 * WIDTH, WIDTH] },
        tensors: Object.fromEntries(
          times.flatMap((t) => [
            ...["a", "b"].flatMap((p) => [
              [`${p}${t}`, [N, 3 * WIDTH]],
              ...[0, 1, 2].map((i) => [`${p}${t}.${i}`, flat]),
            ]),
            ...["zs", "z", "rs", "r", "m", "ns", "n", "d", "g"].map((p) => [`${p}${t}`, flat]),
            [`h${t + 1}`, flat],
          ]),
        ),
        outputs: [`h${STEPS}`],
        nodes: times.flatMap(step),
      },
      // As PyTorch draws them.
      variances: { w: 1 / (3 * WIDTH), u: 1 / (3 * WIDTH) },
      width: 16,
      only: ["h1", "h2", "h3", "d1", "g2", "w", "u"],
    }));

  it("products of smooth functions by Mehler's formula agree with the exact map to what they promise", () => {
    const tanh = resolveActivation({ kind: "named", name: "tanh", parameters: {} });
    const [first, second] = [
      { mean: 0.2, variance: 0.5 },
      { mean: -0.1, variance: 0.9 },
    ];
    const product = smoothProduct(tanh, first, tanh, second);
    const exact = correlationMap(tanh, first, second).product;
    for (const c of [-1, -0.7, 0, 0.4, 0.95, 1]) expect(Math.abs((product?.(c) ?? 9) - exact(c))).toBeLessThan(1e-5);
    const relu = resolveActivation({ kind: "named", name: "relu", parameters: {} });
    expect(smoothProduct(relu, first, relu, second)).toBeNull();
  });
});
