/** Every node kind: the gradient that comes back against central differences of the forward pass. */

import { describe, expect, it } from "vitest";
import { createExecutor, type InputValues } from "../../src/run/index.ts";
import { layerCases } from "./gradient-layers.ts";
import { operationCases } from "./gradient-operations.ts";
import { filled, sketch } from "./graph.ts";

const size = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

describe("gradient of every node kind against central differences", () => {
  it.each(Object.entries({ ...layerCases, ...operationCases }))("%s", async (_name, parts) => {
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
