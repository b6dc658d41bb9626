/** The whole model as one traceable function, against the executor that runs it node by node. */

import { describe, expect, it } from "vitest";
import type { Model } from "../../src/model/types.ts";
import { buildForward, buildGradient, createExecutor, loadJax, type Tensor } from "../../src/run/index.ts";
import { corpusModel } from "./corpus.ts";
import { filled } from "./graph.ts";
import { torchWeights } from "./law.ts";

const size = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

async function setUp(model: Model) {
  const jax = await loadJax();
  const weights = torchWeights(model, 3);
  const inputs = new Map(model.inputs.map(({ name, shape }) => [name, filled(size(shape), 0, 2)]));
  const cotangents = new Map(model.outputs.map((name) => [name, filled(size(model.tensors.get(name)!.shape), 900)]));
  const parameters = Object.fromEntries(
    [...weights].map(([name, data]) => [
      name,
      jax.numpy.array(new Float32Array(data), { shape: [...model.parameters.get(name)!.shape] }),
    ]),
  );
  const arrays = Object.fromEntries(
    model.inputs.map(({ name, shape }) => [name, jax.numpy.array(inputs.get(name)!, { shape: [...shape] })]),
  );
  return { jax, weights, inputs, cotangents, parameters, arrays };
}

/** Both sides sum the same products in another order: √n roundings of 2⁻²⁴ on sums of up to 10⁴ terms, 10 layers deep. */
function expectClose(actual: Float32Array, expected: Float32Array, what: string) {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  expect(actual.length, what).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `${what}[${i}]`).toBeLessThanOrEqual(1000 * 2 ** -24 * scale);
  });
}

async function dataOf(tensor: Tensor): Promise<Float32Array> {
  return new Float32Array(await tensor.data());
}

describe("buildForward and buildGradient", () => {
  it.each(["digits-mlp", "lenet5", "bn-cnn-train"])("%s, compiled whole", async (name) => {
    const model = corpusModel(`${name}.onnx`, 3);
    const { jax, weights, inputs, cotangents, parameters, arrays } = await setUp(model);
    const executor = await createExecutor(model);
    const expected = await executor.forwardBackward(weights, inputs, cotangents);
    executor.dispose();
    const output = model.outputs[0]!;
    const shape = [...model.tensors.get(output)!.shape];

    const forward = jax.jit(buildForward(jax, model));
    const outputs = forward(jax.tree.ref(parameters), jax.tree.ref(arrays));
    expectClose(await dataOf(outputs[output]!), expected.values.get(output)!, output);

    const gradient = jax.jit(
      buildGradient(jax, model, () => ({ [output]: jax.numpy.array(cotangents.get(output)!, { shape }) })),
    );
    const found = gradient(jax.tree.ref(parameters), jax.tree.ref(arrays));
    jax.tree.dispose(found.outputs);
    expect(Object.keys(found.gradients).sort()).toEqual([...expected.parameterGradients.keys()].sort());
    for (const [parameter, data] of expected.parameterGradients) {
      const own = await dataOf(found.gradients[parameter]!);
      // A bias before a batch normalization has gradient 0: both sides hold rounding noise.
      if (data.every((value) => Math.abs(value) < 1e-5)) continue;
      expectClose(own, data, parameter);
    }
    forward.dispose();
    gradient.dispose();
  });

  it("is differentiable by jax-js itself", async () => {
    const model = corpusModel("digits-mlp.onnx", 2);
    const { jax, weights, inputs, parameters, arrays } = await setUp(model);
    const executor = await createExecutor(model);
    const output = model.outputs[0]!;
    const { values } = await executor.forwardBackward(weights, inputs, new Map());
    const squares = new Map([[output, values.get(output)!.map((value) => 2 * value)]]);
    const expected = await executor.forwardBackward(weights, inputs, squares);
    executor.dispose();
    const forward = buildForward(jax, model);
    const loss = (params: Record<string, Tensor>) => jax.numpy.square(forward(params, arrays)[output]!).sum();
    const gradients = jax.grad(loss)(parameters);
    for (const [name, data] of expected.parameterGradients) expectClose(await dataOf(gradients[name]!), data, name);
  });
});
