/** y = scale · x Wᵀ + b over the last axis. */

import type { LinearNode } from "../../model/types.ts";
import {
  at,
  type LoweringContext,
  names,
  type Operation,
  onlyInput,
  onlyOutput,
  product,
  shapeOf,
} from "../operation.ts";

export function lowerLinear(node: LinearNode, context: LoweringContext): Operation {
  const input = shapeOf(context, onlyInput(node));
  const output = shapeOf(context, onlyOutput(node));
  const features = input[input.length - 1]!;
  const rows = product(input) / features;
  const contracting = node.layout === "out-in" ? 1 : 0;
  const withBias = node.bias !== null;
  return {
    key: JSON.stringify(["linear", contracting, node.scale, withBias, output]),
    operands: names(onlyInput(node), node.weight, node.bias),
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      const x = at(operands, 0).ref.reshape([rows, features]);
      let y = jax.lax.dot(x, at(operands, 1).ref, { lhsContractingDims: [1], rhsContractingDims: [contracting] });
      if (node.scale !== 1) y = y.mul(node.scale);
      if (withBias) y = y.add(at(operands, 2).ref);
      return [y.reshape(output)];
    },
  };
}
