/** A plan written by hand: two dense layers of the digits network, every number a round one. */

import type { Initializer } from "../../src/init/types.ts";
import type { Plan, PlannedLayer, PlannedTensor } from "../../src/plan/types.ts";

export function tensor(
  name: string,
  shape: readonly number[],
  initializer: Initializer,
  extra: Partial<PlannedTensor> = {},
): PlannedTensor {
  return {
    name,
    shape,
    dtype: "f32",
    role: name.endsWith("bias") ? "bias" : "weight",
    op: "linear",
    fanIn: shape.slice(1).reduce((a, b) => a * b, 1),
    fanOut: shape[0] ?? 1,
    initializer,
    std: initializer.kind === "normal" ? initializer.std : 0,
    why: `${name} is an example with fan-in ${shape[1] ?? 1}`,
    ...extra,
  };
}

export function layer(
  weight: string,
  forward: number,
  gradient: number,
  extra: Partial<PlannedLayer> = {},
): PlannedLayer {
  return {
    weight,
    node: weight.replace(".weight", ""),
    output: { mean: 0, secondMoment: forward, spread: 0 },
    gradient: { secondMoment: gradient },
    activation: "logistic",
    saturated: 0.01,
    dead: 0,
    ...extra,
  };
}

export function planOf(
  tensors: readonly PlannedTensor[],
  layers: readonly PlannedLayer[] = [],
  extra: Partial<Plan> = {},
): Plan {
  const scalars = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return {
    schema: "epoch0.plan/1",
    scheme: "auto",
    seed: 0,
    model: { format: "onnx", name: "digits-mlp.onnx", parameters: tensors.length, scalars },
    tensors,
    layers,
    signals: [],
    gradients: [],
    unsupported: [],
    warnings: [],
    ...extra,
  };
}

export const digitsPlan = planOf(
  [
    tensor("fc1.weight", [128, 64], { kind: "normal", mean: 0, std: 0.125 }),
    tensor("fc1.bias", [128], { kind: "zeros" }),
    tensor("fc2.weight", [128, 128], { kind: "normal", mean: 0, std: 0.25 }),
    tensor("fc2.bias", [128], { kind: "zeros" }),
    tensor("fc3.weight", [10, 128], { kind: "uniform", low: -0.05, high: 0.05 }),
    tensor("fc3.bias", [10], { kind: "zeros" }),
  ],
  [
    layer("fc1.weight", 1, 0.001),
    layer("fc2.weight", 1.05, 0.02),
    layer("fc3.weight", 0.1, 1, { activation: "softmax" }),
  ],
);
