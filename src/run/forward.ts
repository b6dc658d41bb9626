/** The whole model as one function of arrays, for what wants to trace, differentiate or compile it in one piece. */

import type { Model } from "../model/types.ts";
import { pullBack } from "./compile.ts";
import type { CustomOperations } from "./custom.ts";
import type { Jax, Tensor } from "./jax.ts";
import { isDifferentiable, lowerModel } from "./lower.ts";
import type { Mode, Operation } from "./operation.ts";
import { constantTensors } from "./values.ts";

export type Arrays = Readonly<Record<string, Tensor>>;

export interface BuildOptions {
  /** Which statistics batch normalization takes. Default "train". */
  readonly mode?: Mode;
  /** Operations of nodes and activations that the library does not know, by name. */
  readonly operations?: CustomOperations;
}

/**
 * (parameters, inputs) → outputs, by name: pure and traceable, for `jit`, `grad`, `vmap`. It borrows its arguments.
 *
 * @example
 * const forward = buildForward(jax, model);
 * const loss = (params, inputs) => jax.numpy.square(forward(params, inputs).y).sum();
 */
export function buildForward(
  jax: Jax,
  model: Model,
  { mode = "train", operations: custom }: BuildOptions = {},
): (parameters: Arrays, inputs: Arrays) => Record<string, Tensor> {
  const operations = lowerModel(model, mode, custom);
  return (parameters, inputs) => {
    const values = evaluate(jax, model, operations, parameters, inputs);
    const outputs = Object.fromEntries(model.outputs.map((name) => [name, found(values, name).ref]));
    for (const value of values.values()) value.dispose();
    return outputs;
  };
}

/**
 * (parameters, inputs, cotangents) → outputs and ∂(Σ output · cotangent)/∂parameter: the executor's own way back as one
 * traceable function. Convolutions keep their fast transposes here, which `grad` over `buildForward` cannot give them.
 * `cotangentOf` makes the cotangents from the outputs, so that a loss is one compiled function with its gradient.
 */
export function buildGradient(
  jax: Jax,
  model: Model,
  cotangentOf: (outputs: Record<string, Tensor>) => Record<string, Tensor>,
  { mode = "train", operations: custom }: BuildOptions = {},
): (parameters: Arrays, inputs: Arrays) => { outputs: Record<string, Tensor>; gradients: Record<string, Tensor> } {
  const operations = lowerModel(model, mode, custom);
  return (parameters, inputs) => {
    const values = evaluate(jax, model, operations, parameters, inputs);
    const outputs = Object.fromEntries(model.outputs.map((name) => [name, found(values, name).ref]));
    const gradients = new Map(Object.entries(cotangentOf(outputs)));
    for (const operation of [...operations].reverse()) {
      if (!operation.outputs.some((name) => gradients.has(name))) continue;
      const operands = operation.operands.map((name) => found(values, name));
      const cotangents = operation.outputs.map(
        (name) => gradients.get(name) ?? jax.numpy.zerosLike(found(values, name).ref),
      );
      const wanted = operation.operands.map((name) => isDifferentiable(model, name) && !inputs[name]);
      const pulled = pullBack(jax, operation, operands, cotangents, wanted);
      for (const cotangent of cotangents) cotangent.dispose();
      for (const name of operation.outputs) gradients.delete(name);
      pulled.forEach((gradient, i) => {
        if (gradient === null) return;
        const name = operation.operands[i]!;
        const sofar = gradients.get(name);
        gradients.set(name, sofar === undefined ? gradient : sofar.add(gradient));
      });
    }
    for (const value of values.values()) value.dispose();
    return { outputs, gradients: Object.fromEntries(gradients) };
  };
}

/** Every value by name, each owned once by the map. */
function evaluate(
  jax: Jax,
  model: Model,
  operations: readonly Operation[],
  parameters: Arrays,
  inputs: Arrays,
): Map<string, Tensor> {
  const values = constantTensors(jax, model);
  for (const [name, array] of [...Object.entries(parameters), ...Object.entries(inputs)]) values.set(name, array.ref);
  for (const operation of operations) {
    const results = operation.forward(
      jax,
      operation.operands.map((name) => found(values, name)),
    );
    operation.outputs.forEach((name, i) => {
      values.set(name, results[i]!);
    });
  }
  return values;
}

function found(values: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const value = values.get(name);
  if (value === undefined) throw new Error(`run: value "${name}" is missing, give every parameter and input by name`);
  return value;
}
