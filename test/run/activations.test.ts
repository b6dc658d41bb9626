/** Every catalogue activation on jax-js: value and slope against the double-precision functions of the catalogue. */

import { describe, expect, it } from "vitest";
import { CATALOGUE, resolveActivation } from "../../src/activation/index.ts";
import { createExecutor } from "../../src/run/index.ts";
import { sketch } from "./graph.ts";

const grid = Float32Array.from({ length: 97 }, (_, i) => (i - 48) / 8 + 1 / 64);

async function run(name: string, x: Float32Array) {
  const model = sketch({
    inputs: { x: [x.length] },
    tensors: { y: [x.length] },
    outputs: ["y"],
    nodes: [
      {
        name: "a",
        op: name,
        kind: "activation",
        inputs: ["x"],
        outputs: ["y"],
        activation: { kind: "named", name, parameters: {} },
        slope: null,
      },
    ],
  });
  const executor = await createExecutor(model);
  const ones = new Map([["y", new Float32Array(x.length).fill(1)]]);
  const { values, gradients } = await executor.forwardBackward(new Map(), new Map([["x", x]]), ones);
  executor.dispose();
  return { y: values.get("y")!, slope: gradients.get("x")! };
}

describe("catalogue activations", () => {
  it.each(CATALOGUE.map((entry) => entry.name))("%s", async (name) => {
    const activation = resolveActivation({ kind: "named", name, parameters: {} });
    const { y, slope } = await run(name, grid);
    // Single precision: each of at most 32 roundings (or function evaluations, good to 2 ulp; erf to 1.5e-7 absolute)
    // contributes 2⁻²⁴ of the largest intermediate, which is below 1 + |x| + x² + |y| (+ |slope|, amplified by |x|).
    const tolerance = (i: number, size: number) =>
      64 * 2 ** -24 * (1 + grid[i]! ** 2 + (1 + Math.abs(grid[i]!)) * size);
    grid.forEach((x, i) => {
      expect(Math.abs(y[i]! - activation.value(x)), `${name}(${x})`).toBeLessThan(
        tolerance(i, Math.abs(activation.value(x))),
      );
      const exact = activation.derivative(x);
      expect(Math.abs(slope[i]! - exact), `${name}'(${x}) = ${slope[i]} ${exact}`).toBeLessThan(
        tolerance(i, Math.abs(exact)),
      );
    });
  });

  it("takes PyTorch's slope at the kink", async () => {
    for (const [name, slope] of [
      ["relu", 0],
      ["relu6", 0],
      ["leaky_relu", 0.01],
      ["elu", 1],
      ["abs", 0],
      ["sigmoid", 0.25],
    ] as const) {
      expect((await run(name, new Float32Array(1))).slope[0], name).toBeCloseTo(slope, 6);
    }
  });

  it("stays finite far out, where the function does", async () => {
    const far = Float32Array.of(-1e4, -100, -88, 88, 100, 1e4);
    for (const name of [
      "sigmoid",
      "tanh",
      "softplus",
      "gelu",
      "silu",
      "mish",
      "elu",
      "selu",
      "log_sigmoid",
      "softsign",
    ]) {
      const { y, slope } = await run(name, far);
      for (const [i, x] of far.entries()) {
        expect(Number.isFinite(y[i]) && Number.isFinite(slope[i]), `${name}(${x}) = ${y[i]}, slope ${slope[i]}`).toBe(
          true,
        );
      }
    }
  });
});
