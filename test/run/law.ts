/** PyTorch's default draws, layer kind by layer kind, as `measured/*.json` says "torch default init". */

import type { Model, Node } from "../../src/model/types.ts";
import { createKey, fillNormal, fillUniform } from "../../src/random/index.ts";
import type { Weights } from "../../src/run/index.ts";

type Law = { kind: "uniform"; bound: number } | { kind: "normal" } | { kind: "constant"; value: number };

/** Weight and bias U(±1/√fan_in), recurrent U(±1/√hidden), embedding N(0, 1), norms 1 and 0, PReLU 0.25. */
export function torchWeights(model: Model, seed: number): Weights {
  const laws = new Map<string, Law>();
  for (const node of model.nodes) for (const [name, law] of lawsOf(model, node)) laws.set(name, law);
  const weights = new Map<string, Float32Array>();
  for (const [name, law] of laws) {
    const shape = model.parameters.get(name)?.shape;
    if (shape === undefined) continue;
    const length = shape.reduce((total, n) => total * n, 1);
    const values = new Float32Array(length);
    if (law.kind === "normal") fillNormal(values, createKey(seed, name), 0, 0, 1);
    else if (law.kind === "constant") values.fill(law.value);
    else fillUniform(values, createKey(seed, name), 0, -law.bound, law.bound);
    weights.set(name, values);
  }
  return weights;
}

function lawsOf(model: Model, node: Node): [string, Law][] {
  const uniform = (fanIn: number): Law => ({ kind: "uniform", bound: 1 / Math.sqrt(fanIn) });
  const all = (law: Law, ...names: (string | null)[]): [string, Law][] =>
    names.flatMap((name) => (name === null ? [] : [[name, law] as [string, Law]]));
  switch (node.kind) {
    case "linear": {
      const shape = model.parameters.get(node.weight)?.shape ?? [1, 1];
      return all(uniform(shape[node.layout === "out-in" ? 1 : 0]!), node.weight, node.bias);
    }
    case "conv": {
      const shape = model.parameters.get(node.weight)?.shape ?? [1, 1];
      return all(uniform(shape.slice(1).reduce((total, n) => total * n, 1)), node.weight, node.bias);
    }
    case "recurrent":
      return node.directions.flatMap((direction) =>
        all(
          uniform(node.hidden),
          direction.inputWeight,
          direction.recurrentWeight,
          direction.inputBias,
          direction.recurrentBias,
        ),
      );
    case "embedding":
      return all({ kind: "normal" }, node.table);
    case "normalize":
      return [...all({ kind: "constant", value: 1 }, node.scale), ...all({ kind: "constant", value: 0 }, node.shift)];
    case "activation":
      return all({ kind: "constant", value: 0.25 }, node.slope);
    default:
      return [];
  }
}
